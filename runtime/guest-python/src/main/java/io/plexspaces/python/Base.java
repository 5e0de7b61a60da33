package io.plexspaces.python;

import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.StartupHost;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.wasm.CompiledModule;
import io.plexspaces.wasm.GuestRandom;
import io.plexspaces.wasm.GuestState;
import io.plexspaces.wasm.Lease;
import io.plexspaces.wasm.ModuleCompiler;
import io.plexspaces.wasm.Precompiled;
import io.plexspaces.wasm.Program;
import io.plexspaces.wasm.Template;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HexFormat;
import java.util.UUID;

/**
 * The initialised interpreter that apps are forked from.
 *
 * @param key names what it was made of, and which making it is: what is stored as the difference
 *     from one is of no use with another, whose bytes need not be the same
 * @param module without data, for programs of the apps
 * @param template the interpreter after its boot script
 */
record Base(String key, CompiledModule module, Template template) {
  private static final System.Logger LOG = System.getLogger(Base.class.getName());

  /** Part of the key of what is on disk: raise it with every change of how it is made. */
  private static final int FORMAT = 3;

  private static final String WASM = "io/trino/wasm/python/Python.meta";
  private static final String MACHINE = "io.trino.wasm.python.PythonMachine";
  private static final String BOOT = "guest.py";

  /** Runs code of ours only, on a machine that may be busy. */
  private static final Duration BUILD_TIMEOUT = Duration.ofMinutes(5);

  private static final GuestLimits LIMITS = new GuestLimits(256L << 20, BUILD_TIMEOUT);

  /**
   * For the interpreter and its SDK, which are kept on disk and draw nothing that matters. An app
   * is imported under a seed of its own, and each of its actors begins with another.
   */
  static final byte[] TEMPLATE_SEED = new byte[GuestRandom.SEED_BYTES];

  /**
   * From disk, or made anew, which takes seconds.
   *
   * @throws HostException RESOURCE_EXHAUSTED if the budget has no room; FAILED_PRECONDITION if the
   *     interpreter is not there or does not start
   */
  static Base load(ModuleCompiler compiler, TemplateFiles files, MemoryBudget budget) {
    Precompiled python = compiler.precompiled(Base.class.getClassLoader(), WASM, MACHINE);
    byte[] boot = TemplateFiles.resource(BOOT);
    String key =
        python.digest()
            + " "
            + HexFormat.of().formatHex(TemplateFiles.sha256().digest(boot))
            + " "
            + FORMAT
            + " "
            + Template.FORMAT;
    ByteBuffer stored = files.load(TemplateFiles.Kind.INTERPRETER, key);
    if (stored == null) {
      LOG.log(
          System.Logger.Level.INFO,
          "making the Python interpreter's template; this takes some seconds, once");
      byte[] made = make(python, boot);
      files.store(TemplateFiles.Kind.INTERPRETER, key, made);
      stored = ByteBuffer.wrap(made);
    }
    return read(key, python, stored, budget);
  }

  private static Base read(String key, Precompiled python, ByteBuffer stored, MemoryBudget budget) {
    try (DataInputStream in =
        new DataInputStream(
            new ByteArrayInputStream(
                stored.array(), stored.arrayOffset() + stored.position(), stored.remaining()))) {
      String making = in.readUTF();
      CompiledModule module = python.bare(in.readNBytes(in.readInt()));
      return new Base(key + " " + making, module, Template.read(module, in, budget, null));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] make(Precompiled python, byte[] boot) {
    Program program = new Program(python.whole(), new BootFolder(boot).imports());
    Interpreter interpreter = Interpreter.of(program);
    GuestState state = null;
    try (StartupHost host = new StartupHost(BUILD_TIMEOUT)) {
      state = program.start(host, TEMPLATE_SEED, LIMITS, MemoryBudget.unlimited());
      try (Lease lease = state.enter(host)) {
        interpreter.setUp(lease);
        PythonEngine.required(
            "the interpreter", interpreter.call(lease, Wire.FREEZE, Wire.NOTHING, null));
      }
      return written(python, state.freeze());
    } catch (GuestTrap e) {
      throw PythonEngine.doesNotStart("the Python interpreter", e.error());
    } catch (TurnStopped e) {
      throw PythonEngine.doesNotStart("the Python interpreter", e.error());
    } finally {
      program.close();
    }
  }

  private static byte[] written(Precompiled python, Template template) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(48 << 20);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeUTF(UUID.randomUUID().toString());
      byte[] bare = python.withoutData();
      out.writeInt(bare.length);
      out.write(bare);
      template.write(out, null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
