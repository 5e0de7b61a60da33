import "./runtime.js";

export { actor, actorApplicationId, handler, PlexSpacesActor, registerActors } from "./actor.js";
export { BusinessError, HostError, SystemError, TimeoutError } from "./errors.js";
export { host } from "./host.js";
export { Subscription } from "./services.js";
export { ANY_BOOL, ANY_BYTES, ANY_FLOAT, ANY_INT, ANY_STR } from "./space.js";
export { ActorStream } from "./stream.js";
