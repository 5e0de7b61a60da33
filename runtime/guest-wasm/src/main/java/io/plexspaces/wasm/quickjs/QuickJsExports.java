package io.plexspaces.wasm.quickjs;

import io.plexspaces.wasm.ExportedFunction;
import io.plexspaces.wasm.Program;

/**
 * The engine's exports that the host drives it by. A value of JavaScript is an address of the
 * guest's memory, owned by whoever got it until {@link #freeValue}; such addresses stay valid in
 * forks.
 */
record QuickJsExports(
    ExportedFunction initialize,
    ExportedFunction init,
    ExportedFunction setMemoryLimit,
    ExportedFunction setMaxStackSize,
    ExportedFunction setPromiseRejectionHandler,
    ExportedFunction setModuleLoader,
    ExportedFunction runGc,
    ExportedFunction eval,
    ExportedFunction newString,
    ExportedFunction newNumber,
    ExportedFunction newHostFunction,
    ExportedFunction getUndefined,
    ExportedFunction getGlobal,
    ExportedFunction getPropString,
    ExportedFunction setPropString,
    ExportedFunction getStringLen,
    ExportedFunction freeCstring,
    ExportedFunction freeValue,
    ExportedFunction valuePtr,
    ExportedFunction isString,
    ExportedFunction isPromise,
    ExportedFunction isException,
    ExportedFunction isError,
    ExportedFunction isFunction,
    ExportedFunction call,
    ExportedFunction getException,
    ExportedFunction newError,
    ExportedFunction throwValue,
    ExportedFunction promiseState,
    ExportedFunction promiseResult,
    ExportedFunction isJobPending,
    ExportedFunction executePendingJob,
    ExportedFunction malloc,
    ExportedFunction free) {

  static QuickJsExports of(Program p) {
    return new QuickJsExports(
        p.function("_initialize", ":"),
        p.function("qjs_init", ":i"),
        p.function("qjs_set_memory_limit", "i:"),
        p.function("qjs_set_max_stack_size", "i:"),
        p.function("qjs_set_promise_rejection_handler", "i:"),
        p.function("qjs_set_module_loader", "i:"),
        p.function("qjs_run_gc", ":"),
        p.function("qjs_eval", "iiii:i"),
        p.function("qjs_new_string", "ii:i"),
        p.function("qjs_new_number", "F:i"),
        p.function("qjs_new_host_function", "iii:i"),
        p.function("qjs_get_undefined", ":i"),
        p.function("qjs_get_global", ":i"),
        p.function("qjs_get_prop_string", "ii:i"),
        p.function("qjs_set_prop_string", "iii:i"),
        p.function("qjs_get_string_len", "ii:i"),
        p.function("qjs_free_cstring", "i:"),
        p.function("qjs_free_value", "i:"),
        p.function("qjs_get_value_ptr", "i:i"),
        p.function("qjs_is_string", "i:i"),
        p.function("qjs_is_promise", "i:i"),
        p.function("qjs_is_exception", "i:i"),
        p.function("qjs_is_error", "i:i"),
        p.function("qjs_is_function", "i:i"),
        p.function("qjs_call", "iiii:i"),
        p.function("qjs_get_exception", ":i"),
        p.function("qjs_new_error", ":i"),
        p.function("qjs_throw", "i:i"),
        p.function("qjs_promise_state", "i:i"),
        p.function("qjs_promise_result", "i:i"),
        p.function("qjs_is_job_pending", ":i"),
        p.function("qjs_execute_pending_job", ":i"),
        p.function("wasm_malloc", "i:i"),
        p.function("wasm_free", "i:"));
  }
}
