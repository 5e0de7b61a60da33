package io.plexspaces.cli.quickstart;

import io.plexspaces.api.Value;
import io.plexspaces.cli.quickstart.ExampleApp.Artifact;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One run of {@code plexspaces quickstart}. */
public final class Quickstart {
  private static final String LIBRARIAN = ExampleApp.NAME + "/librarian/librarian";
  private static final String PATH = "/api/v1/actors/" + LIBRARIAN + "/ask/";
  private static final Duration INDEX_TIMEOUT = Duration.ofMinutes(3);
  private static final Duration ASK_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration ESTIMATE_AFTER = Duration.ofSeconds(5);
  private static final int ANSWERS = 4;
  private static final int EXCERPT_ROWS = 4;

  private final Screen screen;
  private final Function<String, NodeApi> nodes;
  private final Path here = Path.of("").toAbsolutePath();
  private final List<Value> asked = new ArrayList<>();

  /**
   * @param out where people read
   * @param interactive whether {@code out} is a terminal
   * @param nodes talks to the node at a URL
   */
  public Quickstart(
      PrintStream out,
      boolean colours,
      boolean interactive,
      Map<String, String> environment,
      Function<String, NodeApi> nodes) {
    this.screen = new Screen(out, colours, interactive, environment);
    this.nodes = nodes;
  }

  /**
   * Builds, starts, deploys, indexes, asks, shows, and stops unless the node is to be kept.
   *
   * @param docs the folder as the user named it; null for this project's documentation
   * @return all of it as a value
   * @throws QuickstartFailure at the first step that fails; then nothing is left running
   */
  public Value.Obj run(@Nullable String docs, boolean keep) throws InterruptedException {
    try {
      ExampleApp app = ExampleApp.find();
      Path folder = docs == null ? app.docs() : path(docs);
      // Read first: a wrong folder is told before anything is built or started.
      long begun = System.nanoTime();
      Folder texts = read(folder);
      boolean ours = sameFolder(folder, app.docs());
      Source source = new Source(texts, label(folder, docs), System.nanoTime() - begun);
      List<String> questions = ours ? Questions.OF_THE_PROJECT : Questions.from(texts.files());
      if (questions.isEmpty()) {
        throw QuickstartFailure.of(
            "no word was found in " + source.label() + ": name a folder of prose with --docs DIR");
      }
      screen.title("PlexSpaces quickstart");
      try (WorkFolder work = new WorkFolder()) {
        return run(app, source, questions, ours, keep, work);
      }
    } catch (IOException e) {
      throw QuickstartFailure.of(
              "a file could not be read or written ("
                  + e
                  + "): mend that, then run quickstart again")
          .causedBy(e);
    } finally {
      screen.clear();
    }
  }

  /**
   * @param label how its folder is called in what people read
   */
  private record Source(Folder folder, String label, long nanos) {
    String place(String file, int line) {
      return Screen.plain(label.equals(".") ? file : label + "/" + file) + ":" + line;
    }
  }

  private Value.Obj run(
      ExampleApp app,
      Source source,
      List<String> questions,
      boolean ours,
      boolean keep,
      WorkFolder work)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    Artifact artifact = app.build(work.path(), screen);
    screen.step(
        "Build",
        "examples/doc-search, TypeScript, "
            + FolderReader.size(artifact.size())
            + (artifact.fresh() ? "" : ", unchanged"),
        System.nanoTime() - start);

    Path kept = app.target().resolve("node-cache");
    boolean cache = Files.isWritable(app.folder());
    if (cache) {
      WorkFolder.copyMissing(kept, work.path().resolve("data/cache"));
    }
    start = System.nanoTime();
    screen.progress("Node", "starting");
    NodeProcess node = NodeProcess.start(work.path(), work::owns);
    screen.step("Node", node.url() + ", process " + node.pid(), System.nanoTime() - start);

    NodeApi api = nodes.apply(node.url());
    start = System.nanoTime();
    screen.progress("Deploy", ExampleApp.NAME);
    Value.Obj deployed = api.deploy(Files.readAllBytes(artifact.file()), app.config());
    if (!deployed.string("state", "").equals("running")) {
      throw QuickstartFailure.of(
          "the app is "
              + deployed.string("state", "?")
              + " after its deployment: "
              + deployed.string("failure", "no reason was given"));
    }
    screen.step(
        "Deploy",
        ExampleApp.NAME
            + " "
            + deployed.string("version", "")
            + ", "
            + deployed.integer("actors", 0)
            + " actors",
        System.nanoTime() - start);

    long passages = index(api, source);
    screen.line("");
    if (!ours) {
      screen.line(
          screen.dim(
              "These questions were made from headings and frequent words of " + source.label()));
    }
    for (String question : questions) {
      ask(api, question, source);
    }
    String tree = api.tree(ExampleApp.NAME);
    screen.title("Supervisor tree");
    tree.lines().forEach(line -> screen.line("  " + line));
    screen.line("");
    next(app, node, questions.getFirst(), keep);
    if (keep) {
      work.keep();
    } else {
      screen.progress("Stop", "draining");
      node.stop();
    }
    if (cache) {
      WorkFolder.copyMissing(work.path().resolve("data/cache"), kept);
    }
    String total = Screen.time(sinceProcessStart());
    screen.line(
        (keep
                ? "The node keeps running at " + node.url()
                : "The node is stopped and its files are gone")
            + ". "
            + screen.bold(total)
            + " in all.");
    return Value.Obj.builder()
        .put("docs", source.label())
        .put("files", source.folder().files().size())
        .put("bytes", source.folder().bytes())
        .put("passages", passages)
        .put("built", artifact.fresh())
        .put("asked", new Value.Arr(asked))
        .put("node", keep ? new Value.Str(node.url()) : Value.NULL)
        .put("data_dir", keep ? new Value.Str(node.dataDirectory().toString()) : Value.NULL)
        .put("ms", sinceProcessStart() / 1_000_000)
        .build();
  }

  private static Path path(String docs) {
    try {
      return Path.of(docs);
    } catch (InvalidPathException e) {
      throw QuickstartFailure.usage("--docs: \"" + Screen.plain(docs) + "\" is not a file name")
          .causedBy(e);
    }
  }

  private String label(Path folder, @Nullable String docs) {
    if (docs == null) {
      return Shell.near(folder, here);
    }
    String label = folder.normalize().toString();
    return label.isEmpty() ? "." : label;
  }

  private static boolean sameFolder(Path a, Path b) throws IOException {
    return Files.exists(b) && Files.isSameFile(a, b);
  }

  private Folder read(Path folder) {
    screen.progress("Read", folder.toString());
    Folder texts = FolderReader.read(folder, FolderReader.Limits.DEFAULT);
    if (texts.files().isEmpty()) {
      boolean empty = texts.skipped().isEmpty();
      throw QuickstartFailure.of(
          "the folder "
              + folder
              + (empty ? " is empty" : " has no text that can be read")
              + ": name one with text files, like --docs ~/notes",
          texts.leftOut().stream().map(line -> "left out " + line).toList());
    }
    return texts;
  }

  /** Sends all text to the librarian; returns the number of passages. */
  private long index(NodeApi api, Source source) {
    List<Value.Obj> batches = Batches.of(source.folder().files());
    long start = System.nanoTime();
    long passages = 0;
    for (int i = 0; i < batches.size(); i++) {
      screen.progress("Index", progress(source, i, batches.size(), System.nanoTime() - start));
      Value.Obj done = api.post(PATH + "index_documents", batches.get(i), INDEX_TIMEOUT);
      passages += done.integer("passages", 0);
    }
    int files = source.folder().files().size();
    screen.step(
        "Index",
        Screen.plain(source.label())
            + ": "
            + files
            + (files == 1 ? " file, " : " files, ")
            + FolderReader.size(source.folder().bytes())
            + ", "
            + passages
            + (passages == 1 ? " passage" : " passages"),
        System.nanoTime() - start + source.nanos());
    source.folder().leftOut().forEach(line -> screen.note("left out " + line));
    return passages;
  }

  /** How far it is, and from the first seconds on how long it will take. */
  private static String progress(Source source, int done, int all, long nanos) {
    String share = source.label() + ": " + done * 100 / all + " %";
    return nanos < ESTIMATE_AFTER.toNanos()
        ? share
        : share + ", about " + Screen.time(nanos / done * (all - done)) + " left";
  }

  private void ask(NodeApi api, String question, Source source) {
    long start = System.nanoTime();
    Value.Obj reply =
        api.post(
            PATH + "ask",
            Value.Obj.builder().put("question", question).put("limit", ANSWERS).build(),
            ASK_TIMEOUT);
    long nanos = System.nanoTime() - start;
    List<Answer> answers = Answer.of(reply);
    if (answers.isEmpty()) {
      throw QuickstartFailure.of(
          "\""
              + question
              + "\" found no answer in "
              + source.label()
              + ": name a folder of prose with --docs DIR");
    }
    screen.line(screen.bold(question) + "  " + screen.dim(Screen.time(nanos)));
    Answer best = answers.getFirst();
    int width = screen.width() - 4;
    Excerpt excerpt = Excerpt.of(best.text(), best.words(), width, EXCERPT_ROWS);
    String heading =
        best.heading().isEmpty() ? "" : "  " + screen.dim(Screen.plain(best.heading()));
    screen.line(
        "  " + screen.place(source.place(best.source(), best.line() + excerpt.line())) + heading);
    excerpt.rows().forEach(row -> screen.line("    " + screen.marked(row, best.words())));
    for (Answer a : answers.subList(1, answers.size())) {
      int line = a.line() + Excerpt.of(a.text(), a.words(), width, 1).line();
      screen.line(
          "  "
              + screen
                  .dim("also " + source.place(a.source(), line) + "  " + Screen.plain(a.heading()))
                  .stripTrailing());
    }
    for (Value v : reply.array("missing")) {
      if (v instanceof Value.Obj m) {
        screen.line("  without " + m.string("retriever", "?") + ": it " + m.string("reason", "?"));
      }
    }
    screen.line("");
    asked.add(reply);
  }

  private void next(ExampleApp app, NodeProcess node, String question, boolean keep) {
    String plexspaces = Shell.launcher(app.home(), here);
    screen.title("Try next");
    if (keep) {
      String at = " --node " + node.url();
      screen.line(
          "  "
              + plexspaces
              + " actor ask "
              + LIBRARIAN
              + " ask "
              + Shell.quote("{\"question\":\"" + question.replace("\"", "\\\"") + "\"}")
              + at);
      screen.line("  " + plexspaces + " actor tree " + ExampleApp.NAME + at);
      screen.line("  " + plexspaces + " apps" + at);
      screen.line("  curl " + node.url() + "/metrics");
      screen.line(
          "  "
              + plexspaces
              + " node stop --data-dir "
              + Shell.quote(node.dataDirectory().toString())
              + " && rm -r "
              + Shell.quote(String.valueOf(node.dataDirectory().getParent())));
    } else {
      screen.line(
          "  "
              + plexspaces
              + " quickstart --keep           "
              + screen.dim("leave the node running, and ask it yourself"));
      screen.line(
          "  " + plexspaces + " quickstart --docs ~/notes   " + screen.dim("your own texts"));
    }
    screen.line(
        "  "
            + Shell.quote(Shell.near(app.folder().resolve("README.md"), here))
            + "  "
            + screen.dim("how the app is made"));
    screen.line("");
  }

  private static long sinceProcessStart() {
    return ProcessHandle.current()
        .info()
        .startInstant()
        .map(begun -> Duration.between(begun, Instant.now()).toNanos())
        .orElse(0L);
  }
}
