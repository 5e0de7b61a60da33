package io.plexspaces.cli.quickstart;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The temporary folder of one run, with the process that works in it. Unless it is kept, closing it
 * (also by the end of this process, say at Ctrl-C) ends the process and deletes the folder.
 */
final class WorkFolder implements AutoCloseable {
  private static final long END_SECONDS = 10;

  private final Path path;
  private final Thread hook = new Thread(this::discard, "quickstart-end");
  private volatile @Nullable Process process;
  private volatile boolean kept;

  WorkFolder() throws IOException {
    path = Files.createTempDirectory("plexspaces-quickstart-").toRealPath();
    Runtime.getRuntime().addShutdownHook(hook);
  }

  Path path() {
    return path;
  }

  void owns(Process p) {
    process = p;
  }

  /** From now on neither the process nor the folder goes with this run. */
  void keep() {
    kept = true;
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // the hook runs already
    }
    discard();
  }

  private void discard() {
    if (kept) {
      return;
    }
    Process p = process;
    try {
      if (p != null && p.isAlive()) {
        p.destroy();
        if (!p.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
          p.destroyForcibly();
          p.waitFor();
        }
      }
      delete(path);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      System.getLogger(WorkFolder.class.getName())
          .log(System.Logger.Level.WARNING, "the folder " + path + " could not be deleted", e);
    }
  }

  private static void delete(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes a) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e)
              throws IOException {
            Files.deleteIfExists(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Copies the files of one folder into another, where they are not yet; neither must exist. */
  static void copyMissing(Path from, Path to) throws IOException {
    if (!Files.isDirectory(from)) {
      return;
    }
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes a) throws IOException {
            Path copy = to.resolve(from.relativize(file).toString());
            if (a.isRegularFile() && !Files.exists(copy)) {
              Files.createDirectories(copy.getParent());
              Path part = copy.resolveSibling(copy.getFileName() + ".part");
              Files.copy(file, part, StandardCopyOption.REPLACE_EXISTING);
              Files.move(part, copy, StandardCopyOption.ATOMIC_MOVE);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
