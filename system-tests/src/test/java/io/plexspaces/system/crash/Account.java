package io.plexspaces.system.crash;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.Json;
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
    return switch (op) {
      case Bank.TRANSFER -> {
        debit(id, amount);
        c.send(p.string("to", ""), Bank.CREDIT, Bank.move(id, amount));
        yield standing.payload();
      }
      case Bank.SETTLE -> {
        debit(id, amount);
        Value.Obj later =
            Value.Obj.builder()
                .put("delay_ms", p.integer("delay", 0))
                .put("target", p.string("to", ""))
                .put("op", Bank.CREDIT)
                .build();
        var _ = c.call("send_after", Frame.of(later, Bank.move(id, amount).bytes()));
        yield standing.payload();
      }
      case Bank.WITHDRAW -> {
        debit(id, amount);
        Value.Arr tuple =
            Value.Arr.of(
                new Value.Str(p.string("to", "")), new Value.Str(id), new Value.Int(amount));
        var _ = c.call("ts_write", Frame.of(Value.Obj.builder().put("tuple", tuple).build()));
        yield standing.payload();
      }
      case Bank.COLLECT -> collect(c);
      case Bank.CREDIT -> {
        standing = standing.changed(id, amount);
        yield standing.payload();
      }
      default -> standing.payload();
    };
  }

  /** Answers what was taken too, for what is asked does not say it. */
  private Payload collect(NativeContext c) {
    String self = c.actorId().substring(Bank.APP.name().length() + 1);
    Value.Arr pattern = Value.Arr.of(new Value.Str(self), Value.NULL, Value.NULL);
    Frame found = c.call("ts_take", Frame.of(Value.Obj.builder().put("pattern", pattern).build()));
    if (!(Json.read(found.body()) instanceof Value.Arr tuple)) {
      return standing.payload();
    }
    String id = ((Value.Str) tuple.items().get(1)).value();
    long amount = ((Value.Int) tuple.items().get(2)).value();
    standing = standing.changed(id, amount);
    return Payload.json(standing.fields().put("id", id).put("amount", amount).build());
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
