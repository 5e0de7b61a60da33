package io.plexspaces.wasm;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Makes of the compiler's classes what runs here.
 *
 * <ul>
 *   <li>Compiled guests look at the flag of their own memory instead of the thread's interrupt
 *       status: a call of the compiler's {@code checkInterruption()} becomes {@code
 *       Safepoint.poll(memory)}. The compiler checks before each jump back and each call; here a
 *       function is polled at each jump back and at its beginning, if it calls any. So every loop
 *       and every recursion is still polled, with a fraction of the code.
 *   <li>Comparisons followed by a jump become instructions, see {@link Comparison}.
 * </ul>
 *
 * Both keep big functions, interpreter loops above all, within what HotSpot's compilers take.
 */
final class SafepointRewriter {
  /** Part of the disk cache's key: raise it with every change of what is written. */
  static final int VERSION = 2;

  private static final String CHECK = "checkInterruption";
  private static final String OPERATIONS = "com/dylibso/chicory/runtime/OpcodeImpl";

  // Touched first: on JDK 25 MethodTypeDesc and ConstantDescs initialise each other in a cycle that
  // fails when it is entered at MethodTypeDesc.
  private static final ClassDesc VOID = ConstantDescs.CD_void;
  private static final ClassDesc MEMORY = ClassDesc.of("com.dylibso.chicory.runtime.Memory");
  private static final ClassDesc SAFEPOINT = ClassDesc.of("io.plexspaces.wasm.Safepoint");
  private static final MethodTypeDesc POLL = MethodTypeDesc.of(VOID, MEMORY);

  private final ClassFile classFile;

  SafepointRewriter(ClassLoader classes) {
    this.classFile =
        ClassFile.of(
            ClassFile.ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(classes)
                    .orElse(ClassHierarchyResolver.defaultResolver())
                    // Generated classes are only ever merged as what they extend.
                    .orElse(d ->
                        ClassHierarchyResolver.ClassHierarchyInfo.ofClass(
                            ConstantDescs.CD_Object))));
  }

  /** Methods that got too big for the JVM by the rewrite. */
  static final class MethodsTooLarge extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<String> methods;

    MethodsTooLarge(List<String> methods, Throwable cause) {
      super(String.join(", ", methods), cause);
      this.methods = List.copyOf(methods);
    }

    List<String> methods() {
      return methods;
    }
  }

  /**
   * @throws MethodsTooLarge naming all methods of the class that must be left to the interpreter
   * @throws IllegalArgumentException if the class cannot be written for another reason
   */
  byte[] rewrite(byte[] bytes) throws MethodsTooLarge {
    ClassModel c = classFile.parse(bytes);
    try {
      return rewrite(c, m -> true);
    } catch (IllegalArgumentException e) {
      // It does not say reliably which one it was, and there may be more.
      List<String> tooLarge =
          c.methods().stream()
              .filter(m -> !fits(c, m))
              .map(m -> m.methodName().stringValue())
              .toList();
      if (tooLarge.isEmpty()) {
        throw e;
      }
      throw new MethodsTooLarge(tooLarge, e);
    }
  }

  private boolean fits(ClassModel c, MethodModel method) {
    try {
      rewrite(c, m -> m == method);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private byte[] rewrite(ClassModel c, Predicate<MethodModel> kept) {
    return classFile.transformClass(
        c,
        (builder, element) -> {
          if (!(element instanceof MethodModel m)) {
            builder.with(element);
          } else if (kept.test(m)) {
            builder.transformMethod(
                m,
                (method, e) -> {
                  if (e instanceof CodeModel code) {
                    method.withCode(out -> rewrite(out, code.elementList(), m));
                  } else {
                    method.with(e);
                  }
                });
          }
        });
  }

  private static void rewrite(CodeBuilder out, List<CodeElement> in, MethodModel method) {
    int slot = memorySlot(method);
    if (IntStream.range(0, in.size()).anyMatch(i -> isCheck(in.get(i)) && beforeCall(in, i))) {
      poll(out, slot, method);
    }
    for (int i = 0; i < in.size(); i++) {
      CodeElement e = in.get(i);
      if (isCheck(e)) {
        if (!beforeCall(in, i)) {
          poll(out, slot, method);
        }
        continue;
      }
      Comparison c = comparison(e);
      if (c != null
          && i + 1 < in.size()
          && in.get(i + 1) instanceof BranchInstruction b
          && (b.opcode() == Opcode.IFNE || b.opcode() == Opcode.IFEQ)) {
        c.branch(out, b.opcode() == Opcode.IFNE, b.target());
        i++;
      } else {
        out.with(e);
      }
    }
  }

  private static void poll(CodeBuilder out, int slot, MethodModel method) {
    if (slot < 0) {
      throw new IllegalStateException(
          "the compiler checks for interruption in "
              + method.methodName()
              + ", which has no memory at hand");
    }
    out.aload(slot).invokestatic(SAFEPOINT, "poll", POLL);
  }

  /** Whether all that follows until a call are its last arguments: memory, instance, numbers. */
  private static boolean beforeCall(List<CodeElement> in, int check) {
    for (int i = check + 1; i < in.size(); i++) {
      switch (in.get(i)) {
        case LoadInstruction _, ConstantInstruction _ -> {}
        case InvokeInstruction call -> {
          return !isCheck(call);
        }
        default -> {
          return false;
        }
      }
    }
    return false;
  }

  private static @Nullable Comparison comparison(CodeElement e) {
    return e instanceof InvokeInstruction i
            && i.opcode() == Opcode.INVOKESTATIC
            && i.owner().name().equalsString(OPERATIONS)
        ? Comparison.of(i.name().stringValue())
        : null;
  }

  private static boolean isCheck(CodeElement e) {
    return e instanceof InvokeInstruction i
        && i.opcode() == Opcode.INVOKESTATIC
        && i.name().equalsString(CHECK);
  }

  /** The local variable that holds the method's memory parameter, or -1. */
  private static int memorySlot(MethodModel m) {
    int slot = m.flags().has(AccessFlag.STATIC) ? 0 : 1;
    int found = -1;
    for (ClassDesc p : m.methodTypeSymbol().parameterList()) {
      if (p.equals(MEMORY)) {
        found = slot;
      }
      slot += TypeKind.from(p).slotSize();
    }
    return found;
  }
}
