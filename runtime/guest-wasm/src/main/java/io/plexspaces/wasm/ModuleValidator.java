package io.plexspaces.wasm;

import com.dylibso.chicory.wasm.ChicoryException;
import com.dylibso.chicory.wasm.Parser;
import com.dylibso.chicory.wasm.WasmModule;
import com.dylibso.chicory.wasm.types.AnnotatedInstruction;
import com.dylibso.chicory.wasm.types.Export;
import com.dylibso.chicory.wasm.types.ExternalType;
import com.dylibso.chicory.wasm.types.FunctionBody;
import com.dylibso.chicory.wasm.types.FunctionImport;
import com.dylibso.chicory.wasm.types.FunctionType;
import com.dylibso.chicory.wasm.types.Global;
import com.dylibso.chicory.wasm.types.Import;
import com.dylibso.chicory.wasm.types.MemoryLimits;
import com.dylibso.chicory.wasm.types.MutabilityType;
import com.dylibso.chicory.wasm.types.OpCode;
import com.dylibso.chicory.wasm.types.ValType;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a module must be to run here: WebAssembly 1 with multiple values, bulk memory, sign
 * extension, saturating conversions and reference types; one memory of its own; only functions
 * imported. Everything else is refused with a sentence that names the place.
 */
final class ModuleValidator {
  /** A bigger artifact is refused unread. */
  static final int MAX_MODULE_BYTES = 64 << 20;

  /**
   * Every fork carries its mutable globals and every instance its tables, outside of the budget.
   */
  private static final int MAX_MUTABLE_GLOBALS = 1024;

  static final int MAX_TABLE_ENTRIES = 1 << 20;

  private static final int PREFIX_GC = 0xFB;
  private static final int PREFIX_SIMD = 0xFD;
  private static final int PREFIX_THREADS = 0xFE;

  private ModuleValidator() {}

  /**
   * @throws HostException INVALID_ARGUMENT if these are not the bytes of a valid module
   */
  static WasmModule parse(byte[] bytes) {
    if (bytes.length > MAX_MODULE_BYTES) {
      throw refused(
          "it has " + bytes.length + " bytes, more than the " + MAX_MODULE_BYTES + " allowed");
    }
    if (!hasMagic(bytes)) {
      throw refused("it does not begin with \\0asm");
    }
    try {
      return Parser.parse(bytes);
    } catch (ChicoryException e) {
      throw refused(String.valueOf(e.getMessage()));
    } catch (RuntimeException | StackOverflowError e) {
      // The parser trips over some garbage instead of refusing it.
      throw refused("it is damaged (" + e.getClass().getSimpleName() + ")");
    }
  }

  /** Whether {@code bytes} begin as every WASM module does. */
  static boolean hasMagic(byte[] bytes) {
    return bytes.length >= 4
        && bytes[0] == 0
        && bytes[1] == 'a'
        && bytes[2] == 's'
        && bytes[3] == 'm';
  }

  /**
   * @throws HostException INVALID_ARGUMENT naming what is not supported
   */
  static ModuleFacts check(WasmModule m) {
    checkImports(m);
    MemoryLimits memory = memory(m);
    if (m.tagSection().isPresent() && m.tagSection().get().tagCount() > 0) {
      throw refused("it has an exception tag; WASM exceptions are not supported");
    }
    for (int i = 0; i < m.tableSection().tableCount(); i++) {
      if (Long.compareUnsigned(m.tableSection().getTable(i).limits().min(), MAX_TABLE_ENTRIES)
          > 0) {
        throw refused("table " + i + " begins with more than " + MAX_TABLE_ENTRIES + " entries");
      }
    }
    return new ModuleFacts(
        memory.initialPages(),
        memory.maximumPages(),
        mutableGlobals(m),
        writesTables(m),
        m.startSection().map(s -> (int) s.startIndex()).orElse(ModuleFacts.NO_START));
  }

  private static void checkImports(WasmModule m) {
    for (int i = 0; i < m.importSection().importCount(); i++) {
      Import im = m.importSection().getImport(i);
      String what =
          switch (im.importType()) {
            case FUNCTION -> null;
            case MEMORY -> "its memory; a module must define and export it";
            case TABLE -> "a table";
            case GLOBAL -> "a global";
            case TAG -> "an exception tag";
          };
      if (what != null) {
        throw refused(
            "it imports "
                + im.module()
                + "."
                + im.name()
                + " as "
                + what
                + "; only functions"
                + " can be imported");
      }
    }
  }

  private static MemoryLimits memory(WasmModule m) {
    int n = m.memorySection().map(s -> s.memoryCount()).orElse(0);
    if (n == 0) {
      throw refused("it has no memory");
    }
    if (n > 1) {
      throw refused("it has " + n + " memories; one is supported");
    }
    MemoryLimits limits = m.memorySection().orElseThrow().getMemory(0).limits();
    if (limits.shared()) {
      throw refused("its memory is shared; threads are not supported");
    }
    return limits;
  }

  private static List<Integer> mutableGlobals(WasmModule m) {
    List<Integer> mutable = new ArrayList<>();
    for (int i = 0; i < m.globalSection().globalCount(); i++) {
      Global g = m.globalSection().getGlobal(i);
      refuseVector(g.valueType(), "global " + i);
      if (g.mutabilityType() == MutabilityType.Var) {
        mutable.add(i);
      }
    }
    if (mutable.size() > MAX_MUTABLE_GLOBALS) {
      throw refused(
          "it has " + mutable.size() + " mutable globals, more than " + MAX_MUTABLE_GLOBALS);
    }
    return List.copyOf(mutable);
  }

  private static boolean writesTables(WasmModule m) {
    boolean writes = false;
    int imported = m.importSection().count(ExternalType.FUNCTION);
    for (FunctionType t : m.typeSection().types()) {
      t.params().forEach(v -> refuseVector(v, "a function type"));
      t.returns().forEach(v -> refuseVector(v, "a function type"));
    }
    for (int i = 0; i < m.codeSection().functionBodyCount(); i++) {
      FunctionBody body = m.codeSection().getFunctionBody(i);
      int function = imported + i;
      body.localTypes().forEach(v -> refuseVector(v, "function " + function));
      for (AnnotatedInstruction ins : body.instructions()) {
        String feature = unsupported(ins.opcode());
        if (feature != null) {
          throw refused(
              "function " + function + " uses " + ins.opcode() + ": " + feature + " not supported");
        }
        writes |= changesInstance(ins.opcode());
      }
    }
    return writes;
  }

  private static @Nullable String unsupported(OpCode op) {
    return switch (op) {
      case THROW, THROW_REF, TRY_TABLE -> "WASM exceptions are";
      case RETURN_CALL, RETURN_CALL_INDIRECT, RETURN_CALL_REF -> "tail calls are";
      case CALL_REF -> "typed function references are";
      default ->
          switch (op.opcode() >>> 8) {
            case PREFIX_GC -> "garbage collected types are";
            case PREFIX_SIMD -> "SIMD is";
            case PREFIX_THREADS -> "threads are";
            default -> null;
          };
    };
  }

  /**
   * Whether an instruction leaves something behind in the instance that is not memory or global.
   */
  private static boolean changesInstance(OpCode op) {
    return switch (op) {
      case TABLE_SET, TABLE_GROW, TABLE_COPY, TABLE_INIT, TABLE_FILL, ELEM_DROP, DATA_DROP -> true;
      default -> false;
    };
  }

  private static void refuseVector(ValType t, String where) {
    if (t.equals(ValType.V128)) {
      throw refused(where + " has the type v128: SIMD is not supported");
    }
  }

  static List<FunctionImport> functionImports(WasmModule m) {
    List<FunctionImport> list = new ArrayList<>();
    for (int i = 0; i < m.importSection().importCount(); i++) {
      if (m.importSection().getImport(i) instanceof FunctionImport f) {
        list.add(f);
      }
    }
    return list;
  }

  /** What {@code offered} has for an import. */
  static HostImports.Entry offered(HostImports offered, FunctionImport i, FunctionType type) {
    HostImports.Entry e = offered.find(i.module(), i.name());
    String name = i.module() + "." + i.name();
    if (e == null) {
      throw new HostException(
          ErrorCode.FAILED_PRECONDITION,
          "the module imports " + name + ", which this node does not have");
    }
    String signature = signature(type);
    if (!e.signature().equals(signature)) {
      throw new HostException(
          ErrorCode.FAILED_PRECONDITION,
          "the module imports "
              + name
              + " as "
              + readable(signature)
              + ", but it is "
              + readable(e.signature()));
    }
    return e;
  }

  static boolean exports(WasmModule m, String name, ExternalType type) {
    Export e = export(m, name);
    return e != null && e.exportType() == type;
  }

  static ExportedFunction function(WasmModule m, String name, String signature) {
    Export e = export(m, name);
    if (e == null) {
      throw refused("it does not export " + name + " " + readable(signature));
    }
    if (e.exportType() != ExternalType.FUNCTION) {
      throw refused("its export " + name + " is not a function");
    }
    String is = signature(type(m, e.index()));
    if (!is.equals(signature)) {
      throw refused(
          "its export " + name + " is " + readable(is) + ", but must be " + readable(signature));
    }
    return new ExportedFunction(name, e.index());
  }

  private static @Nullable Export export(WasmModule m, String name) {
    for (int i = 0; i < m.exportSection().exportCount(); i++) {
      Export e = m.exportSection().getExport(i);
      if (e.name().equals(name)) {
        return e;
      }
    }
    return null;
  }

  private static FunctionType type(WasmModule m, int function) {
    List<FunctionImport> imported = functionImports(m);
    int type =
        function < imported.size()
            ? imported.get(function).typeIndex()
            : m.functionSection().getFunctionType(function - imported.size());
    return m.typeSection().getType(type);
  }

  private static String signature(FunctionType t) {
    StringBuilder s = new StringBuilder();
    t.params().forEach(p -> s.append(letter(p)));
    s.append(':');
    t.returns().forEach(r -> s.append(letter(r)));
    return s.toString();
  }

  private static char letter(ValType t) {
    if (t.equals(ValType.I32)) {
      return 'i';
    }
    if (t.equals(ValType.I64)) {
      return 'I';
    }
    if (t.equals(ValType.F32)) {
      return 'f';
    }
    return t.equals(ValType.F64) ? 'F' : 'r';
  }

  /** {@code ii:I} as {@code (i32, i32) -> i64}. */
  private static String readable(String signature) {
    int colon = signature.indexOf(':');
    return "("
        + names(signature.substring(0, colon))
        + ") -> "
        + (colon == signature.length() - 1 ? "nothing" : names(signature.substring(colon + 1)));
  }

  private static String names(String letters) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < letters.length(); i++) {
      names.add(
          switch (letters.charAt(i)) {
            case 'i' -> "i32";
            case 'I' -> "i64";
            case 'f' -> "f32";
            case 'F' -> "f64";
            default -> "a reference";
          });
    }
    return String.join(", ", names);
  }

  static HostException refused(String why) {
    return new HostException(ErrorCode.INVALID_ARGUMENT, "the module is refused: " + why);
  }
}
