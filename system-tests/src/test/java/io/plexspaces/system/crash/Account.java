package io.plexspaces.system.crash;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.engine.NativeModule;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;

/**
 * An account. Each change answers with what the account is then, so that its journal tells its
 * whole history twice: by what was asked and by what was answered.
 */
final class Account implements NativeActor {
  private Bank.Standing standing = Bank.Standing.NEW;

  @Override
  public Payload handle(NativeContext c, String op, Payload payload) {
    Value.Obj p = (Value.Obj) payload.value();
    String id = p.string("id", "");
    long amount = p.integer("amount", 0);
    switch (op) {
      case Bank.TRANSFER -> {
        debit(id, amount);
        c.send(p.string("to", ""), Bank.CREDIT, Bank.move(id, amount));
      }
      case Bank.CREDIT -> standing = standing.changed(id, amount);
      default -> {}
    }
    return standing.payload();
  }

  private void debit(String id, long amount) {
    if (standing.balance() < amount) {
      throw NativeModule.refuse(ErrorCode.FAILED_PRECONDITION, "not enough money");
    }
    standing = standing.changed(id, -amount);
  }

  @Override
  public Payload snapshot() {
    return standing.payload();
  }

  @Override
  public void restore(Payload state) {
    standing = Bank.Standing.of((Value.Obj) state.value());
  }
}
