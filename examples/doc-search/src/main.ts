import { registerActors } from "@plexspaces/sdk";
import { Indexer } from "./indexer.ts";
import { Librarian } from "./librarian.ts";
import { Retriever } from "./retriever.ts";

registerActors(Librarian, Indexer, Retriever);
