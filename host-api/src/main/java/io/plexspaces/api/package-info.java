/**
 * The contract of PlexSpaces in Java: identities, messages, errors, JSON values, the frame codec of
 * the guest ABI, and the interfaces behind which guests, stores and host operations live. Every
 * other room may use this one; it uses the JDK and a streaming JSON parser.
 */
@NullMarked
package io.plexspaces.api;

import org.jspecify.annotations.NullMarked;
