package io.plexspaces.python;

import static io.plexspaces.python.PyFixture.actor;
import static io.plexspaces.python.PyFixture.load;
import static io.plexspaces.python.PyFixture.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.python.PyFixture.Actor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/python.md lists what of the standard library is not there; this is the proof. */
class StandardLibraryTest {
  private static final Pattern LIST =
      Pattern.compile("<!-- missing -->\\s*(.*?)\\s*<!-- end of missing -->", Pattern.DOTALL);

  @Test
  void theDocsListWhatCannotBeImported() throws IOException {
    try (GuestModule m =
            load(
                actor(
                    """
                    @handler("missing")
                    def missing(self) -> str:
                        import importlib, sys
                        failed = []
                        for name in sorted(sys.stdlib_module_names):
                            if name.startswith("_") or name in ("antigravity", "this", "idlelib"):
                                continue
                            try:
                                importlib.import_module(name)
                            except BaseException:
                                failed.append(name)
                        return " ".join(failed)
                    """));
        Actor a = spawn(m)) {
      String answer = a.ask("missing", "{}");
      TreeSet<String> missing =
          new TreeSet<>(Arrays.asList(answer.substring(1, answer.length() - 1).split(" ")));
      Matcher docs = LIST.matcher(Files.readString(Path.of("../../docs/python.md")));
      assertThat(docs.find()).isTrue();
      TreeSet<String> listed =
          new TreeSet<>(Arrays.asList(docs.group(1).replace("`", "").split("[,\\s]+")));
      assertThat(missing).isEqualTo(listed);
    }
  }
}
