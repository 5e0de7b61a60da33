export { BusinessError, HostError, SystemError, TimeoutError } from "../src/errors.js";
export { TestNode } from "./node.js";
