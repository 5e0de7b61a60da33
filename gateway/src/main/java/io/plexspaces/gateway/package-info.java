/**
 * The node's HTTP face: one table of routes from which requests are routed, authorised and
 * described, authentication, problem details, and the metrics page. The only room that knows Netty
 * and what sits on it.
 */
@NullMarked
package io.plexspaces.gateway;

import org.jspecify.annotations.NullMarked;
