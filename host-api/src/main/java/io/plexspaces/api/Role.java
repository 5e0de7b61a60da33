package io.plexspaces.api;

/** What a principal may do. Roles do not imply each other; a token lists all it has. */
public enum Role {
  VIEWER("viewer"),
  INVOKER("invoker"),
  DEPLOYER("deployer"),
  TENANT_ADMIN("tenant-admin"),
  NODE_ADMIN("node-admin");

  private final String label;

  Role(String label) {
    this.label = label;
  }

  /** As tokens and configuration write it. */
  public String label() {
    return label;
  }
}
