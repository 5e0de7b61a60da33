package io.plexspaces.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Rows in aligned columns; what a terminal would obey is shown. Not thread-safe. */
final class Table {
  /** With a unit of bytes, perhaps; a version such as 1.2.0 is none. */
  private static final Pattern NUMBER =
      Pattern.compile("-?[0-9]+(\\.[0-9]+)?([eE]-?[0-9]+)?( [KMGT]?i?B)?");

  private static final String GAP = "   ";
  private final List<String> headers;
  private final List<List<String>> rows = new ArrayList<>();

  Table(String... headers) {
    this.headers = List.of(headers);
  }

  Table row(String... cells) {
    if (cells.length != headers.size()) {
      throw new IllegalArgumentException(cells.length + " cells for " + headers);
    }
    rows.add(Stream.of(cells).map(Printable::line).toList());
    return this;
  }

  /** Columns whose every cell is a number are set flush right. */
  String render(boolean colours) {
    int columns = headers.size();
    int[] width = new int[columns];
    boolean[] numeric = new boolean[columns];
    for (int c = 0; c < columns; c++) {
      width[c] = length(headers.get(c));
      numeric[c] = !rows.isEmpty();
      for (List<String> row : rows) {
        width[c] = Math.max(width[c], length(row.get(c)));
        numeric[c] &= isNumber(row.get(c));
      }
    }
    StringBuilder out = new StringBuilder();
    line(out, headers, width, numeric, colours, true);
    for (List<String> row : rows) {
      line(out, row, width, numeric, colours, false);
    }
    return out.toString();
  }

  private static void line(
      StringBuilder out,
      List<String> cells,
      int[] width,
      boolean[] numeric,
      boolean colours,
      boolean header) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < cells.size(); c++) {
      String cell = cells.get(c);
      String pad = " ".repeat(width[c] - length(cell));
      String shown = colours ? paint(cell, header) : cell;
      line.append(c == 0 ? "" : GAP).append(numeric[c] ? pad + shown : shown + pad);
    }
    out.append(line.toString().stripTrailing()).append('\n');
  }

  private static String paint(String cell, boolean header) {
    if (header) {
      return "\u001b[1m" + cell + "\u001b[0m";
    }
    return switch (cell) {
      case "running", "up", "ready" -> "\u001b[32m" + cell + "\u001b[0m";
      case "failed", "down" -> "\u001b[31m" + cell + "\u001b[0m";
      case "deploying", "draining", "restarting", "stopping" -> "\u001b[33m" + cell + "\u001b[0m";
      default -> cell;
    };
  }

  private static int length(String s) {
    return s.codePointCount(0, s.length());
  }

  private static boolean isNumber(String s) {
    return NUMBER.matcher(s).matches();
  }
}
