package io.plexspaces.polyglot;

import com.oracle.truffle.api.instrumentation.TruffleInstrument;
import com.oracle.truffle.api.instrumentation.provider.TruffleInstrumentProvider;
import java.util.Collection;
import java.util.List;

/** How Truffle finds the {@link SafepointInstrument}. */
@TruffleInstrument.Registration(
    id = SafepointInstrument.ID,
    name = "PlexSpaces safepoints",
    services = SafepointInstrument.Service.class,
    sandbox = org.graalvm.polyglot.SandboxPolicy.CONSTRAINED)
public final class SafepointInstrumentProvider extends TruffleInstrumentProvider {
  @Override
  protected String getInstrumentClassName() {
    return SafepointInstrument.class.getName();
  }

  @Override
  protected Object create() {
    return new SafepointInstrument();
  }

  @Override
  protected Collection<String> getServicesClassNames() {
    return List.of(SafepointInstrument.Service.class.getName());
  }
}
