package io.plexspaces.engine;

import java.util.List;

/**
 * A node of an app's supervisor tree.
 *
 * @param kind supervisor, dynamic (a type's actors on demand) or actor
 * @param label the id; for an actor {@code type/key}
 * @param state running, restarting, ..
 */
public record TreeNode(
    String kind, String label, String state, long restarts, List<TreeNode> children) {
  public TreeNode {
    children = List.copyOf(children);
  }
}
