package io.plexspaces.wasm;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.TurnStopped;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiFunction;

/** A host whose operation and safepoint are given by the test. */
final class TestHost implements GuestHost {
  final List<String> logged = new ArrayList<>();
  final CountDownLatch atSafepoint = new CountDownLatch(1);
  BiFunction<String, Frame, Frame> operation =
      (op, request) -> {
        throw new HostException(ErrorCode.UNIMPLEMENTED, "there is no operation " + op);
      };
  int safepoints;
  int stopAtSafepoint = 1;
  long millis = 1_700_000_000_000L;
  long nanos = 42;
  boolean ticking;

  @Override
  public Frame call(String op, Frame request) {
    return operation.apply(op, request);
  }

  @Override
  public void log(int level, String message) {
    logged.add(level + " " + message);
  }

  @Override
  public void safepoint() {
    safepoints++;
    atSafepoint.countDown();
    if (safepoints >= stopAtSafepoint) {
      throw new TurnStopped(HostError.of(ErrorCode.DEADLINE_EXCEEDED, "the turn took too long"));
    }
  }

  @Override
  public long nowMillis() {
    return millis;
  }

  @Override
  public long nanoTime() {
    return ticking ? System.nanoTime() + nanos : nanos;
  }
}
