package io.plexspaces.deployer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.ModuleDescription;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Loads artifacts that begin with {@code fake}; those that go on with {@code bad} are refused. */
final class FakeGuests implements GuestEngine {
  private final Steps steps;

  /** Modules that are loaded and not closed. */
  final Set<GuestModule> open = ConcurrentHashMap.newKeySet();

  final CopyOnWriteArrayList<GuestLimits> limits = new CopyOnWriteArrayList<>();

  FakeGuests(Steps steps) {
    this.steps = steps;
  }

  static byte[] artifact(String what) {
    return ("fake " + what).getBytes(UTF_8);
  }

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public boolean accepts(byte[] artifact) {
    return new String(artifact, UTF_8).startsWith("fake");
  }

  @Override
  public GuestModule load(byte[] artifact, GuestLimits l) {
    steps.take("load");
    if (new String(artifact, UTF_8).startsWith("fake bad")) {
      throw new HostException(ErrorCode.INVALID_ARGUMENT, "it has no export ps_call");
    }
    limits.add(l);
    GuestModule module = new Module(Digests.of(artifact));
    open.add(module);
    return module;
  }

  @Override
  public void close() {}

  private final class Module implements GuestModule {
    private final String digest;

    Module(String digest) {
      this.digest = digest;
    }

    @Override
    public String digest() {
      return digest;
    }

    @Override
    public ModuleDescription description() {
      return BadConfigTest.MODULE;
    }

    @Override
    public GuestInstance spawn(String type, byte[] seed) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
      if (!open.remove(this)) {
        throw new IllegalStateException("closed twice");
      }
    }
  }
}
