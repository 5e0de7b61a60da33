package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;

import com.dylibso.chicory.runtime.OpcodeImpl;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SafepointRewriterTest {
  private static final ClassDesc OPERATIONS = ClassDesc.of(OpcodeImpl.class.getName());
  private static final long[] NUMBERS = {
    0, 1, -1, 2, 0x7fff_ffffL, 0xffff_ffff_8000_0000L, Long.MAX_VALUE, Long.MIN_VALUE
  };

  static List<Method> comparisons() {
    return Arrays.stream(OpcodeImpl.class.getMethods())
        .filter(m -> m.getName().matches("I(32|64)_(EQZ|EQ|NE|[LG][TE]_[SU])"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("comparisons")
  void comparisonsBecomeJumpsOfTheSameMeaning(Method engines) throws Exception {
    MethodTypeDesc type =
        MethodTypeDesc.ofDescriptor(
            MethodType.methodType(int.class, engines.getParameterTypes())
                .toMethodDescriptorString());
    byte[] original =
        ClassFile.of()
            .build(
                ClassDesc.of("io.plexspaces.wasm.Generated"),
                c -> {
                  for (Opcode jump : List.of(Opcode.IFNE, Opcode.IFEQ)) {
                    c.withMethodBody(
                        jump == Opcode.IFNE ? "direct" : "inverted",
                        type,
                        ClassFile.ACC_STATIC,
                        code -> compare(code, engines.getName(), type, jump));
                  }
                });
    byte[] rewritten =
        new SafepointRewriter(SafepointRewriterTest.class.getClassLoader()).rewrite(original);
    Class<?> generated = MethodHandles.lookup().defineHiddenClass(rewritten, true).lookupClass();
    assertThat(calls(rewritten)).isEmpty();
    for (String name : List.of("direct", "inverted")) {
      Method ours = generated.getDeclaredMethod(name, engines.getParameterTypes());
      for (long a : NUMBERS) {
        for (long b : NUMBERS) {
          Object[] args = arguments(engines, a, b);
          assertThat(ours.invoke(null, args))
              .as("%s %s %s", name, engines.getName(), Arrays.toString(args))
              .isEqualTo(engines.invoke(null, args));
        }
      }
    }
  }

  /** 1 if the comparison holds, otherwise 0, by a jump on its result. */
  private static void compare(CodeBuilder code, String name, MethodTypeDesc type, Opcode jump) {
    int slot = 0;
    for (ClassDesc p : type.parameterList()) {
      code.loadLocal(TypeKind.from(p), slot);
      slot += TypeKind.from(p).slotSize();
    }
    Label taken = code.newLabel();
    code.invokestatic(OPERATIONS, name, type)
        .branch(jump, taken)
        .loadConstant(jump == Opcode.IFNE ? 0 : 1)
        .ireturn()
        .labelBinding(taken)
        .loadConstant(jump == Opcode.IFNE ? 1 : 0)
        .ireturn();
  }

  private static List<String> calls(byte[] bytes) {
    return ClassFile.of().parse(bytes).methods().stream()
        .flatMap(m -> m.code().orElseThrow().elementStream())
        .filter(InvokeInstruction.class::isInstance)
        .map(Object::toString)
        .toList();
  }

  private static Object[] arguments(Method m, long a, long b) {
    Object[] all =
        m.getParameterTypes()[0] == int.class
            ? new Object[] {(int) a, (int) b}
            : new Object[] {a, b};
    return Arrays.copyOf(all, m.getParameterCount());
  }
}
