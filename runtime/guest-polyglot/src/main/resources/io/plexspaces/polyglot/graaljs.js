// Run once in each actor's context, after the prelude: what GraalJS has beyond the language goes,
// and time and the answers of asynchronous handlers become the host's.
(function (hostNow, hostRejected) {
  "use strict";
  const told = (e) => (e instanceof Error ? `${e}\n${e.stack ?? ""}` : String(e));
  Graal.setUnhandledPromiseRejectionHandler((reason) => {
    let text = "a value that has no text";
    try {
      text = told(reason);
    } catch {}
    hostRejected(text);
  });
  for (const name of ["load", "loadWithNewGlobal", "print", "printErr", "read", "readbuffer", "readline", "quit", "exit", "Java", "Packages", "java", "javax", "javafx", "com", "org", "edu", "Polyglot", "Graal", "WebAssembly", "SharedArrayBuffer", "Atomics"]) {
    delete globalThis[name];
  }

  const Native = Date;
  const ActorDate = function Date(...args) {
    if (new.target === undefined) {
      return new Native(hostNow()).toString();
    }
    return Reflect.construct(Native, args.length === 0 ? [hostNow()] : args, new.target);
  };
  Object.defineProperty(ActorDate, "length", { value: 7 });
  ActorDate.prototype = Native.prototype;
  ActorDate.now = () => hostNow();
  ActorDate.parse = Native.parse;
  ActorDate.UTC = Native.UTC;
  Object.defineProperty(Native.prototype, "constructor", { value: ActorDate, writable: true, configurable: true });
  Object.defineProperty(globalThis, "Date", { value: ActorDate, writable: true, configurable: true });

  // A promise's jobs run when the call has come back to the host, which then looks into the box.
  return (op, header, body) => {
    const answer = globalThis.__plexspaces_call(op, header, body);
    if (typeof answer === "string") {
      return answer;
    }
    const box = { state: "pending", value: undefined };
    Promise.resolve(answer).then(
      (v) => {
        box.state = "fulfilled";
        box.value = v;
      },
      (e) => {
        box.state = "rejected";
        box.value = told(e);
      },
    );
    return box;
  };
});
