package io.plexspaces.gateway;

/** Decides who sends a request. Thread-safe; blocking, on the request's virtual thread. */
interface Authenticator {
  /**
   * What every request must keep to, those to public routes too.
   *
   * @throws Refusal 403
   */
  void admit(IncomingHeaders headers);

  /**
   * @throws Refusal 401 with {@code WWW-Authenticate}
   */
  Caller authenticate(IncomingHeaders headers);
}
