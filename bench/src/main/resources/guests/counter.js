import { PlexSpacesActor, registerActors } from "@plexspaces/sdk";

/** What the native and the Rust counter do, in JavaScript. */
class CounterActor extends PlexSpacesActor {
  static queries = ["get"];

  getDefaultState() {
    return { value: 0 };
  }

  onIncrement({ by = 1 }) {
    this.state.value += by;
    return { value: this.state.value };
  }

  onGet() {
    return { value: this.state.value };
  }
}

registerActors(CounterActor);
