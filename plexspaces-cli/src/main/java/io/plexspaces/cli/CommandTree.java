package io.plexspaces.cli;

import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine;

/**
 * A command and its subcommands, made only as far as a command line needs them: reading the options
 * of all commands takes longer than everything else that a command does.
 */
record CommandTree(String name, Supplier<Object> command, List<CommandTree> subcommands) {
  CommandTree {
    subcommands = List.copyOf(subcommands);
  }

  static CommandTree leaf(String name, Supplier<Object> command) {
    return new CommandTree(name, command, List.of());
  }

  static CommandTree group(String name, Supplier<Object> command, CommandTree... subcommands) {
    return new CommandTree(name, command, List.of(subcommands));
  }

  /**
   * @param words the words of the command line that are no options; where they name no command, all
   *     are made, for help and suggestions
   */
  CommandLine make(List<String> words) {
    CommandLine made = new CommandLine(command.get());
    for (CommandTree sub : subcommands) {
      if (!words.isEmpty() && sub.name.equals(words.getFirst())) {
        return made.addSubcommand(sub.make(words.subList(1, words.size())));
      }
    }
    subcommands.forEach(sub -> made.addSubcommand(sub.make(List.of())));
    return made;
  }
}
