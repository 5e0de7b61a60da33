package io.plexspaces.cli.quickstart;

import io.plexspaces.api.Value;
import java.time.Duration;

/** A node, as the command line talks to it. Calls block; what fails is thrown as the caller's. */
public interface NodeApi {
  /** Posts JSON and returns the JSON object that is answered. */
  Value.Obj post(String path, Value body, Duration timeout);

  /** Deploys an app and returns it. */
  Value.Obj deploy(byte[] module, byte[] config);

  /** An app's supervisor tree, drawn in lines. */
  String tree(String app);
}
