package io.plexspaces.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Wrong command lines: one line that says what, and status 2, before anything is sent. */
class UsageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          deply                                   | did you mean deploy
          apps --outptu json                      | --output
          apps --output xml                       | xml
          app                                     | Missing required subcommand
          app show                                | NAME
          deploy --wasm x.wasm                    | --config=FILE
          undeploy --app a --drain soon           | "soon" is not a duration
          actor ask counter increment             | "counter" is not app/type/key
          actor ask counter/counter increment     | is not app/type/key
          actor ask a/b/c op {by:2}               | not valid JSON
          actor ask a/b/c op {} --timeout 0s      | --timeout
          actor ask a/b/c op {} --timeout 11m     | --timeout
          actor ask a/b/c op @/no/such/file       | there is no file /no/such/file
          actor send a/b/c op [                   | not valid JSON
          apps --node localhost:8001              | is not the URL of a node
          apps --node ftp://example.com           | is not the URL of a node
          apps --token @/no/such/file             | --token: there is no file /no/such/file
          metrics --raw --app a                   | --raw
          token mint --secret-file x --role viewer --tenant a/b | is not a name
          token mint --secret-file x --role king --tenant a     | there is no role "king"
          token inspect nonsense                  | not a signed JWT
          node start --port many                  | --port
          journal show bank/account               | is not app/type/key
          journal show a/b/c --last 0             | --last: from 1 to 1000
          journal show a/b/c --at 3               | --at goes with --state
          journal verify                          | say what: an actor APP/TYPE/KEY, all, or --app
          journal verify all --app bank           | say what
          journal retry a/b/c many                | NUMBER
          restore /no/such/backup --data-dir x    | there is no directory /no/such/backup
          restore .                               | --data-dir=DIR
          backup x --list                         | --list takes no name
          actor delete a/b/c                      | say --yes
          """)
  void isRefused(String line, String message) {
    CommandRun run = CommandRun.of(line.split(" ", -1));
    assertThat(run.err()).startsWith("plexspaces: ").contains(message);
    assertThat(run.err().strip().lines()).hasSize(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void nothingAtAllShowsTheHelp() {
    CommandRun run = CommandRun.of();
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("deploy").contains("Example:");
  }

  static Stream<String> everyCommand() {
    List<String> names = new ArrayList<>();
    collect(new Cli(Terminal.ofProcess()).commands(), names);
    return names.stream();
  }

  private static void collect(CommandLine c, List<String> names) {
    names.add(c.getCommandSpec().qualifiedName());
    c.getSubcommands().values().forEach(s -> collect(s, names));
  }

  @ParameterizedTest
  @MethodSource("everyCommand")
  void everyHelpHasAnExampleThatBeginsWithTheCommand(String command) {
    String[] args = (command + " --help").substring("plexspaces ".length()).split(" ", -1);
    CommandRun run = CommandRun.of(args);
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("Example:\n  plexspaces").contains("--node").contains("--token");
  }

  @Test
  void filesThatCannotBeTheRightOnesAreNamed(@TempDir Path dir) throws Exception {
    Path text = Files.writeString(dir.resolve("app.wasm"), "hello, not a module");
    Path config = Files.writeString(dir.resolve("app-config.toml"), "name = \"a\"");
    assertThat(deploy(text, config).err()).contains("app.wasm is not a WebAssembly module");
    assertThat(deploy(dir, config).err()).contains("has no program");
    assertThat(deploy(dir.resolve("gone.wasm"), config).err())
        .contains("--wasm: there is no file " + dir.resolve("gone.wasm"));
    assertThat(deploy(text, config).status()).isEqualTo(2);
  }

  private static CommandRun deploy(Path wasm, Path config) {
    return CommandRun.of("deploy", "--wasm", wasm.toString(), "--config", config.toString());
  }

  @Test
  void anOptionBeforeTheCommandDoesNotHideIt() {
    CommandRun run = CommandRun.of("--node", "apps", "--output", "json", "app", "show");
    assertThat(run.err()).contains("NAME").contains("plexspaces app show --help");
  }

  @Test
  void theVersionIsTheBuildsOwn() {
    CommandRun run = CommandRun.of("--version");
    assertThat(run.out()).matches("plexspaces \\d+\\.\\d+\\.\\d+\\S*, Java .*\\n");
  }
}
