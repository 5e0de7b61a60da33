package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Each promise of docs/delivery.md names a test that exists. */
class DeliveryPageTest {
  private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w*Test)\\.(\\w+)`");
  private static final Set<String> SKIPPED = Set.of("target", "node_modules", ".git");

  @Test
  void everyRowNamesTestsThatExist() throws IOException {
    Map<String, String> sources = testSources();
    List<String> wrong = new ArrayList<>();
    int rows = 0;
    for (String line : Files.readAllLines(Guests.ROOT.resolve("docs/delivery.md"))) {
      boolean heading = line.startsWith("|---") || line.endsWith("| held by |");
      if (!line.startsWith("|") || heading) {
        continue;
      }
      rows++;
      Matcher m = NAMED.matcher(line);
      int named = 0;
      while (m.find()) {
        named++;
        String source = sources.getOrDefault(m.group(1), "");
        if (!Pattern.compile("@Test\\s+void " + m.group(2) + "\\(").matcher(source).find()) {
          wrong.add("there is no test " + m.group());
        }
      }
      if (named == 0) {
        wrong.add("no test is named in: " + line);
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(rows).isGreaterThan(20);
  }

  private static Map<String, String> testSources() throws IOException {
    Map<String, String> sources = new HashMap<>();
    Files.walkFileTree(
        Guests.ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes a) {
            return SKIPPED.contains(String.valueOf(dir.getFileName()))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes a) throws IOException {
            String name = String.valueOf(file.getFileName());
            if (name.endsWith("Test.java")) {
              sources.merge(
                  name.substring(0, name.length() - 5), Files.readString(file), String::concat);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return sources;
  }
}
