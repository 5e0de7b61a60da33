package io.plexspaces.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.CodelessModule;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.StartupHost;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Interpreters with an SDK: each may be one that somebody wrote, and is that tenant's code. */
@Timeout(240)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SdkLayersTest {
  private static final String APP =
      PyFixture.actor("@handler(\"go\")\ndef go(self):\n    return 1\n");

  /** SDKs are imported anew here, which takes seconds on a machine that is busy. */
  private static final GuestLimits PATIENT =
      new GuestLimits(PyFixture.LIMITS.memoryBytes(), Duration.ofMinutes(2));

  /** With the interpreter of the other tests; nothing is written. */
  private final TemplateFiles files = new TemplateFiles(null, PyFixture.CACHE);

  private Base base;

  @BeforeAll
  void start() {
    PyFixture.load(APP).close(); // makes the interpreter
    base = Base.load(PyFixture.COMPILER, files, PyFixture.BUDGET);
  }

  @AfterAll
  void close() {
    base.template().close();
  }

  /** The real SDK with another file. */
  private static CodelessModule app(String file, String text) {
    CodelessModule a = CodelessModule.read(PyFixture.artifact(APP));
    SortedMap<String, byte[]> sources = new TreeMap<>(a.sources());
    sources.putAll(Map.of(file, PyFixture.bytes(text)));
    return new CodelessModule(a.engine(), a.version(), a.main(), sources, "test");
  }

  private static CodelessModule variant(String name) {
    return app("plexspaces/_variant.py", "NAME = '" + name + "'\n");
  }

  @Test
  void aLayerIsChargedUntilItsLastAppIsClosed() {
    MemoryBudget budget = new MemoryBudget(1L << 30);
    SdkLayers layers = new SdkLayers(files, budget);
    SdkLayers.Share one = layers.withSdk(base, variant("shared"), PATIENT);
    SdkLayers.Share other = layers.withSdk(base, variant("shared"), PATIENT);
    assertThat(other.template()).isSameAs(one.template());
    for (int i = 0; i < SdkLayers.KEPT; i++) {
      layers.withSdk(base, variant("v" + i), PATIENT).close();
    }
    assertThat(one.template().memoryBytes()).as("dropped, and used by two").isPositive();
    one.close();
    one.close();
    assertThat(other.template().memoryBytes()).as("used by one").isPositive();
    other.close();
    assertThat(other.template().memoryBytes()).isZero();
    layers.close();
    assertThat(budget.used()).isZero();
  }

  @Test
  void theLayerThatCameWithTheInstallationIsNeverDropped() {
    try (SdkLayers layers = new SdkLayers(files, PyFixture.BUDGET)) {
      CodelessModule installed = CodelessModule.read(PyFixture.artifact(APP));
      SdkLayers.Share first = layers.withSdk(base, installed, PATIENT);
      first.close();
      for (int i = 0; i <= SdkLayers.KEPT; i++) {
        layers.withSdk(base, variant("w" + i), PATIENT).close();
      }
      assertThat(first.template().memoryBytes()).isPositive();
      try (SdkLayers.Share again = layers.withSdk(base, installed, PATIENT)) {
        assertThat(again.template()).isSameAs(first.template());
      }
    }
  }

  @Test
  void anSdkThatDoesNotComeToItsEndHoldsUpNobodyElse() throws Exception {
    CodelessModule slow =
        app("plexspaces/__init__.py", "print('it spins')\nwhile True:\n    pass\n");
    GuestLimits patient = new GuestLimits(PyFixture.LIMITS.memoryBytes(), Duration.ofSeconds(30));
    CountDownLatch spins = new CountDownLatch(1);
    Handler listener = listener(spins);
    Logger log = Logger.getLogger(StartupHost.class.getName());
    log.addHandler(listener);
    try (PythonEngine engine =
            new PythonEngine(PyFixture.COMPILER, null, PyFixture.CACHE, PyFixture.BUDGET);
        ExecutorService threads = Executors.newCachedThreadPool()) {
      Future<GuestModule> never = threads.submit(() -> engine.load(slow.write(), patient));
      spins.await();
      engine.load(PyFixture.artifact(APP), PATIENT).close();
      assertThat(never.isDone()).as("the other was not waited for").isFalse();
      assertThatThrownBy(never::get)
          .hasCauseInstanceOf(HostException.class)
          .hasMessageContaining("did not end within 30000 ms");
    } finally {
      log.removeHandler(listener);
    }
  }

  @Test
  void anSdkThatDoesNotStartIsNobodysLayer() {
    CodelessModule broken = app("plexspaces/__init__.py", "raise ValueError('broken')\n");
    MemoryBudget budget = new MemoryBudget(1L << 30);
    try (SdkLayers layers = new SdkLayers(files, budget)) {
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> layers.withSdk(base, broken, PATIENT))
            .hasMessageContaining("broken");
      }
      assertThat(budget.used()).isZero();
    }
  }

  private static Handler listener(CountDownLatch spins) {
    return new Handler() {
      @Override
      public void publish(LogRecord r) {
        if (String.valueOf(r.getMessage()).contains("it spins")) {
          spins.countDown();
        }
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }
}
