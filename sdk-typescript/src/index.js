import "./runtime.js";

export { actor, actorApplicationId, handler, PlexSpacesActor, registerActors } from "./actor.js";
export { BusinessError, HostError, SystemError, TimeoutError } from "./errors.js";
export { host } from "./host.js";
