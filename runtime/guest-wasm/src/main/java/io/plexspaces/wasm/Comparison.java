package io.plexspaces.wasm;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A comparison that the compiler leaves to a method of the engine, as instructions: HotSpot inlines
 * nothing into methods of more than 8000 bytes, where hundreds of such calls would stay calls.
 *
 * @param whenTrue the jump, for operands in the order in which they are compared here
 * @param whenFalse its opposite
 */
record Comparison(Form form, Opcode whenTrue, Opcode whenFalse) {
  private enum Form {
    ZERO_INT,
    INT,
    UNSIGNED_INT,
    ZERO_LONG,
    LONG,
    UNSIGNED_LONG
  }

  private static final Map<String, Comparison> ALL = all();

  /** The one that the engine's method of this name makes, or null. */
  static @Nullable Comparison of(String method) {
    return ALL.get(method);
  }

  private static Map<String, Comparison> all() {
    Map<String, Comparison> m = new HashMap<>();
    m.put("I32_EQZ", new Comparison(Form.ZERO_INT, Opcode.IFEQ, Opcode.IFNE));
    m.put("I32_EQ", new Comparison(Form.INT, Opcode.IF_ICMPEQ, Opcode.IF_ICMPNE));
    m.put("I32_NE", new Comparison(Form.INT, Opcode.IF_ICMPNE, Opcode.IF_ICMPEQ));
    m.put("I32_LT_S", new Comparison(Form.INT, Opcode.IF_ICMPLT, Opcode.IF_ICMPGE));
    m.put("I32_LE_S", new Comparison(Form.INT, Opcode.IF_ICMPLE, Opcode.IF_ICMPGT));
    m.put("I32_GT_S", new Comparison(Form.INT, Opcode.IF_ICMPGT, Opcode.IF_ICMPLE));
    m.put("I32_GE_S", new Comparison(Form.INT, Opcode.IF_ICMPGE, Opcode.IF_ICMPLT));
    m.put("I64_EQZ", new Comparison(Form.ZERO_LONG, Opcode.IFEQ, Opcode.IFNE));
    m.put("I64_EQ", new Comparison(Form.LONG, Opcode.IFEQ, Opcode.IFNE));
    m.put("I64_NE", new Comparison(Form.LONG, Opcode.IFNE, Opcode.IFEQ));
    m.put("I64_LT_S", new Comparison(Form.LONG, Opcode.IFLT, Opcode.IFGE));
    m.put("I64_LE_S", new Comparison(Form.LONG, Opcode.IFLE, Opcode.IFGT));
    m.put("I64_GT_S", new Comparison(Form.LONG, Opcode.IFGT, Opcode.IFLE));
    m.put("I64_GE_S", new Comparison(Form.LONG, Opcode.IFGE, Opcode.IFLT));
    // Unsigned operands are compared the other way round: see branch().
    m.put("I32_LT_U", new Comparison(Form.UNSIGNED_INT, Opcode.IF_ICMPGT, Opcode.IF_ICMPLE));
    m.put("I32_LE_U", new Comparison(Form.UNSIGNED_INT, Opcode.IF_ICMPGE, Opcode.IF_ICMPLT));
    m.put("I32_GT_U", new Comparison(Form.UNSIGNED_INT, Opcode.IF_ICMPLT, Opcode.IF_ICMPGE));
    m.put("I32_GE_U", new Comparison(Form.UNSIGNED_INT, Opcode.IF_ICMPLE, Opcode.IF_ICMPGT));
    m.put("I64_LT_U", new Comparison(Form.UNSIGNED_LONG, Opcode.IFGT, Opcode.IFLE));
    m.put("I64_LE_U", new Comparison(Form.UNSIGNED_LONG, Opcode.IFGE, Opcode.IFLT));
    m.put("I64_GT_U", new Comparison(Form.UNSIGNED_LONG, Opcode.IFLT, Opcode.IFGE));
    m.put("I64_GE_U", new Comparison(Form.UNSIGNED_LONG, Opcode.IFLE, Opcode.IFGT));
    return Map.copyOf(m);
  }

  /** Takes the operands from the stack and jumps to {@code target} if they compare so. */
  void branch(CodeBuilder code, boolean so, Label target) {
    switch (form) {
      case ZERO_INT, INT -> {}
      case ZERO_LONG -> code.lconst_0().lcmp();
      case LONG -> code.lcmp();
      case UNSIGNED_INT ->
          // With the sign bits turned, signed order is unsigned order; the operands change places.
          code.loadConstant(Integer.MIN_VALUE).ixor().swap().loadConstant(Integer.MIN_VALUE).ixor();
      case UNSIGNED_LONG ->
          code.loadConstant(Long.MIN_VALUE)
              .lxor()
              .dup2_x2()
              .pop2()
              .loadConstant(Long.MIN_VALUE)
              .lxor()
              .lcmp();
    }
    code.branch(so ? whenTrue : whenFalse, target);
  }
}
