package io.plexspaces.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.AppId;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AppLocksTest {
  private static final AppId A = new AppId("default", "a");

  private final AppLocks locks = new AppLocks();
  private int inside;
  private int most;
  private int runs;

  @Test
  void oneAtATimeAndNoLockStaysBehind() {
    int n = 8;
    CyclicBarrier together = new CyclicBarrier(n);
    try (ExecutorService threads = Executors.newFixedThreadPool(n)) {
      for (int i = 0; i < n; i++) {
        threads.execute(() -> {
          try {
            together.await(10, TimeUnit.SECONDS);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
          for (int k = 0; k < 200; k++) {
            locks.with(A, this::enter);
          }
        });
      }
    }
    assertThat(runs).isEqualTo(n * 200);
    assertThat(most).isEqualTo(1);
    assertThat(locks.size()).isZero();
  }

  private boolean enter() {
    inside++;
    most = Math.max(most, inside);
    runs++;
    inside--;
    return true;
  }

  @Test
  void aFailureReleasesTheLock() {
    assertThatThrownBy(() ->
            locks.with(
                A,
                () -> {
                  assertThat(locks.size()).isEqualTo(1);
                  throw new IllegalStateException("x");
                }))
        .hasMessage("x");
    assertThat(locks.size()).isZero();
  }
}
