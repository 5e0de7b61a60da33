package io.plexspaces.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.store.AppStore.AppRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteAppStoreTest {
  private static final AppId A = new AppId("t", "a");
  private static final AppId B = new AppId("t", "b");
  private static final byte[] MODULE = "module".getBytes(StandardCharsets.UTF_8);
  private static final byte[] OTHER = "other".getBytes(StandardCharsets.UTF_8);

  @TempDir Path root;

  @Test
  void appsAreBackAfterARestartOldestFirst() {
    AppRecord a;
    AppRecord b;
    try (DataDirectory data = DataDirectory.open(root);
        SqliteAppStore store = new SqliteAppStore(data)) {
      String digest = store.putArtifact(MODULE);
      assertThat(store.putArtifact(MODULE)).isEqualTo(digest).startsWith("sha256:");
      b = new AppRecord(B, "1", digest, "x = \"ü\"", true, 20);
      a = new AppRecord(A, "1", digest, "", false, 30);
      store.save(new AppRecord(A, "0", digest, "", true, 10));
      store.save(b);
      store.save(a);
    }
    try (DataDirectory data = DataDirectory.open(root);
        SqliteAppStore store = new SqliteAppStore(data)) {
      assertThat(store.apps()).containsExactly(b, a);
      assertThat(store.find(A)).contains(a);
      assertThat(store.find(new AppId("u", "a"))).isEmpty();
      assertThat(store.artifact(a.artifactDigest())).isEqualTo(MODULE);
    }
  }

  @Test
  void anArtifactGoesWithTheLastAppThatUsesIt() {
    try (DataDirectory data = DataDirectory.open(root);
        SqliteAppStore store = new SqliteAppStore(data)) {
      String digest = store.putArtifact(MODULE);
      store.save(new AppRecord(A, "1", digest, "", true, 1));
      store.save(new AppRecord(B, "1", digest, "", true, 2));
      store.remove(A);
      assertThat(store.artifact(digest)).isEqualTo(MODULE);
      // A deploy under way has put it again: removing the last user must not pull it away.
      store.putArtifact(MODULE);
      store.remove(B);
      store.save(new AppRecord(A, "2", digest, "", true, 3));
      String next = store.putArtifact(OTHER);
      store.save(new AppRecord(A, "3", next, "", true, 4));
      assertCode(ErrorCode.NOT_FOUND, () -> store.artifact(digest));
      store.remove(A);
      store.remove(A);
      assertCode(ErrorCode.NOT_FOUND, () -> store.artifact(next));
      assertThat(store.apps()).isEmpty();
    }
  }

  @Test
  void damagedAndUnknownArtifactsAreRefused() throws IOException {
    try (DataDirectory data = DataDirectory.open(root);
        SqliteAppStore store = new SqliteAppStore(data)) {
      String digest = store.putArtifact(MODULE);
      Path file = root.resolve("artifacts/sha256").resolve(digest.substring(7));
      Files.write(file, OTHER);
      assertThat(assertCode(ErrorCode.DATA_LOSS, () -> store.artifact(digest)))
          .contains(digest.substring(7));
      assertThat(store.putArtifact(MODULE)).isEqualTo(digest);
      assertThat(store.artifact(digest)).isEqualTo(MODULE);
      assertCode(ErrorCode.INVALID_ARGUMENT, () -> store.artifact("sha256:../../apps.db"));
      String missing = "sha256:" + "0".repeat(64);
      assertThat(
              assertCode(
                  ErrorCode.FAILED_PRECONDITION,
                  () -> store.save(new AppRecord(A, "1", missing, "", true, 1))))
          .contains(missing);
      assertThat(store.find(A)).isEmpty();
    }
    assertThat(root.resolve("artifacts/sha256")).isEmptyDirectory();
  }

  @Test
  void aLaterFormatIsRefused() {
    try (DataDirectory data = DataDirectory.open(root)) {
      new SqliteAppStore(data).close();
      Store.update(data.apps(), "pragma user_version = 9");
      assertCode(ErrorCode.FAILED_PRECONDITION, () -> new SqliteAppStore(data));
    }
  }

  private static String assertCode(
      ErrorCode code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    StringBuilder message = new StringBuilder();
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            HostException.class,
            e -> {
              assertThat(e.code()).isEqualTo(code);
              message.append(e.error().message());
            });
    return message.toString();
  }
}
