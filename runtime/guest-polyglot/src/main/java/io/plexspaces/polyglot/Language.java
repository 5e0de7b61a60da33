package io.plexspaces.polyglot;

import io.plexspaces.api.Frame;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Engine;

/** What differs between the languages. Immutable. */
sealed interface Language permits JavaScript, Python {
  /** The engine's name: {@code graaljs}. */
  String name();

  /** Truffle's name of the language. */
  String id();

  /** The engine that artifacts of this language name, without its version. */
  String artifactEngine();

  /** The version that artifacts name. */
  String artifactVersion();

  /** What an actor is charged: measured for an app that holds little, see {@code docs/polyglot}. */
  long bytesPerActor();

  /** Sets what the language needs; the caller has closed everything else. */
  void configure(Engine.Builder engine);

  /** Likewise, for one actor. */
  void configure(Context.Builder context, LoadedApp app);

  /** Does in a fresh, entered context what an app has no part in, so that it costs it no time. */
  void prepare(Context context);

  /** Loads the app into a fresh, entered context. */
  Program start(Context context, LoadedApp app, HostCalls calls);

  /** An app in a context. */
  interface Program {
    /** Calls the SDK. */
    GuestReply call(GuestOp op, Frame input, byte[] seed);
  }
}
