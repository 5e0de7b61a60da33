package io.plexspaces.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenTest {
  @TempDir private Path dir;
  private String secret = "";

  @BeforeEach
  void secret() throws IOException {
    secret = write("secret", "0123456789abcdef0123456789abcdef\n");
  }

  private String write(String name, String text) throws IOException {
    return Files.writeString(dir.resolve(name), text).toString();
  }

  private CommandRun mint(String... more) {
    String[] args = new String[8 + more.length];
    System.arraycopy(
        new String[] {
          "token", "mint", "--secret-file", secret, "--tenant", "acme", "--role", "viewer,invoker"
        },
        0,
        args,
        0,
        8);
    System.arraycopy(more, 0, args, 8, more.length);
    return CommandRun.of(args);
  }

  @Test
  void aMintedTokenSaysWhatItWasGiven() throws IOException {
    String token = mint("--issuer", "dev").out().strip();
    CommandRun shown =
        CommandRun.of("token", "inspect", token, "--secret-file", secret, "--output", "json");
    assertThat(shown.status()).isZero();
    assertThat(shown.out())
        .contains("\"signature\": \"good\"")
        .contains("\"tenant_id\": \"acme\"")
        .contains("\"iss\": \"dev\"")
        .containsSubsequence("\"roles\": [", "\"viewer\"", "\"invoker\"");
    String other = write("other", "ffffffffffffffffffffffffffffffff");
    CommandRun wrong = CommandRun.of("token", "inspect", token, "--secret-file", other);
    assertThat(wrong.status()).isEqualTo(1);
    assertThat(wrong.out()).contains("wrong");
  }

  @Test
  void anExpiredTokenIsAFailure() {
    // Expiry is in whole seconds, rounded down: a life of none has always ended.
    CommandRun shown = CommandRun.of("token", "inspect", mint("--expires", "0s").out().strip());
    assertThat(shown.status()).isEqualTo(1);
    assertThat(shown.out()).contains("not checked").contains("(expired)");
  }

  @Test
  void aShortSecretIsRefusedWithTheCommandForABetterOne() throws IOException {
    secret = write("short", "only thirty-one bytes, and an end\n".substring(0, 31) + "\n");
    CommandRun run = mint();
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("holds 31 bytes, HS256 needs 32").contains("openssl rand");
  }
}
