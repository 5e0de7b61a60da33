package io.plexspaces.api.guest;

import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import org.jspecify.annotations.Nullable;

/**
 * What a guest answered.
 *
 * @param frame the result; {@link Frame#EMPTY} if it failed
 * @param error why it failed, or null. {@link HostError#business} tells a refusal from a crash
 */
public record GuestReply(Frame frame, @Nullable HostError error) {
  public static GuestReply ok(Frame frame) {
    return new GuestReply(frame, null);
  }

  public static GuestReply failed(HostError error) {
    return new GuestReply(Frame.EMPTY, error);
  }
}
