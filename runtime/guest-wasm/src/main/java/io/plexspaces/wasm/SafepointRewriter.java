package io.plexspaces.wasm;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;

/**
 * Makes compiled guests look at the flag of their own memory instead of the thread's interrupt
 * status: each call of the compiler's {@code checkInterruption()}, which stands in every loop and
 * before every call, becomes {@code Safepoint.poll(memory)}.
 */
final class SafepointRewriter {
  /** Part of the disk cache's key: raise it with every change of what is written. */
  static final int VERSION = 1;

  private static final String CHECK = "checkInterruption";

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

  /** A class that got too big for the JVM by the rewrite. */
  static final class MethodTooLarge extends Exception {
    private static final long serialVersionUID = 1L;

    MethodTooLarge(String method, Throwable cause) {
      super(method, cause);
    }

    String method() {
      return String.valueOf(getMessage());
    }
  }

  /**
   * @throws MethodTooLarge naming the method that must be left to the interpreter
   */
  byte[] rewrite(byte[] bytes) throws MethodTooLarge {
    ClassModel c = classFile.parse(bytes);
    String[] current = {""};
    try {
      return classFile.transformClass(
          c,
          (builder, element) -> {
            if (element instanceof MethodModel m) {
              current[0] = m.methodName().stringValue();
              int slot = memorySlot(m);
              builder.transformMethod(
                  m,
                  MethodTransform.transformingCode((code, e) -> {
                    if (!isCheck(e)) {
                      code.with(e);
                    } else if (slot >= 0) {
                      code.aload(slot).invokestatic(SAFEPOINT, "poll", POLL);
                    } else {
                      throw new IllegalStateException(
                          "the compiler checks for interruption in "
                              + m.methodName()
                              + ", which has no memory at hand");
                    }
                  }));
            } else {
              builder.with(element);
            }
          });
    } catch (IllegalArgumentException e) {
      throw new MethodTooLarge(current[0], e);
    }
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
