package io.plexspaces.deployer.build;

import java.nio.file.Path;

/**
 * A built artifact.
 *
 * @param artifact where it was written
 * @param language what it was built from: {@code typescript}, {@code javascript}, {@code python},
 *     {@code rust} or {@code go}
 * @param digest {@code sha256:<hex>} of its bytes
 * @param size its bytes
 */
public record BuildResult(Path artifact, String language, String digest, long size) {}
