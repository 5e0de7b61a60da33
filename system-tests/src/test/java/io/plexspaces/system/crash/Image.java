package io.plexspaces.system.crash;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a disk holds: directories and files by their names below the root.
 *
 * @param directories parents before what is in them
 */
record Image(List<String> directories, SortedMap<String, Content> files) {
  Image {
    directories = List.copyOf(directories);
    files = new TreeMap<>(files);
  }

  /**
   * @param root does not exist
   */
  void writeTo(Path root) throws IOException {
    Files.createDirectories(root);
    for (String d : directories) {
      Files.createDirectory(root.resolve(d));
    }
    for (Map.Entry<String, Content> f : files.entrySet()) {
      try (FileChannel file = FileChannel.open(root.resolve(f.getKey()), CREATE_NEW, WRITE)) {
        f.getValue().writeTo(file);
      }
    }
  }
}
