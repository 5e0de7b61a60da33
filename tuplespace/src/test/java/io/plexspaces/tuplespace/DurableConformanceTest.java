package io.plexspaces.tuplespace;

import org.junit.jupiter.api.Nested;

/** What holds for a space in memory holds for one that is on disk. */
class DurableConformanceTest {
  @Nested
  class Transactions extends TransactionTest {
    @Override
    FakeNode node() {
      return FakeNode.durable();
    }

    /** Here a call after the app has gone would write into nothing: {@link DurableSpaceTest}. */
    @Override
    void isGoneWithItsApp() {}
  }

  @Nested
  class WriteOnce extends WriteOnceTest {
    @Override
    FakeNode node() {
      return FakeNode.durable();
    }
  }

  @Nested
  class Waiting extends WaitingTest {
    @Override
    FakeNode node() {
      return FakeNode.durable();
    }
  }

  @Nested
  class Stress extends TupleSpaceStressTest {
    @Override
    FakeNode node() {
      return FakeNode.durable();
    }
  }
}
