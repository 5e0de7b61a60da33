import { BusinessError, host, PlexSpacesActor, registerActors } from "@plexspaces/sdk";

/** A host call as it crosses: the scenarios give its header and body. */
function raw(operation, header, body) {
  const answer = __plexspaces_host(operation, JSON.stringify(header), body === undefined ? "" : JSON.stringify(body));
  const text = answer.slice(1);
  if (answer[0] !== "0") {
    const { code, message } = JSON.parse(text);
    return { "!": code, message };
  }
  if (operation === "stream_next") {
    return text[0] === "1" ? { more: true, value: JSON.parse(text.slice(1)) } : { more: false };
  }
  return text === "" ? null : JSON.parse(text);
}

/** The actor of host-api's scenarios.json, as far as a node has the operations. */
class LabActor extends PlexSpacesActor {
  static queries = ["look", "notes", "value"];
  static actorType = "lab";

  getDefaultState() {
    return { value: 0, log: [] };
  }

  onDo({ calls, refuse = false }) {
    const results = [];
    for (const [operation, given, body] of calls) {
      const filled = Object.entries(given).map(([k, v]) => [
        k,
        typeof v === "string" && v.startsWith("$#") ? results[Number(v.slice(2))] : v,
      ]);
      const failed = filled.map(([, v]) => v).find((v) => v !== null && typeof v === "object" && "!" in v);
      results.push(failed ?? raw(operation, Object.fromEntries(filled), body));
    }
    if (refuse) throw new BusinessError("FAILED_PRECONDITION", "refused");
    return results;
  }

  onLook({ calls }) {
    this.state.value += 1;
    return this.onDo({ calls });
  }

  onNote(payload) {
    this.state.log.push(["note", payload]);
  }

  onNotes() {
    return this.state.log;
  }

  onAdd({ by }) {
    if (!Number.isInteger(by)) throw new RangeError('"by" must be an integer');
    this.state.value += by;
    return this.state.value;
  }

  onValue() {
    return this.state.value;
  }

  onNap({ ms }) {
    host.sleep(ms);
    return ms;
  }

  *onCount({ n }) {
    for (let i = 0; i < n; i++) yield i;
  }

  onRefuse() {
    throw new BusinessError("FAILED_PRECONDITION", "refused");
  }

  onBoom() {
    return undefined.boom;
  }
}

registerActors(LabActor);
