package io.plexspaces.store;

import io.plexspaces.store.log.RecordConsumer;

/** A node's own files and log. */
record RunningSource(DataDirectory data, SqliteJournalStore journals)
    implements BackupWriter.Source {
  @Override
  public long attach(RecordConsumer tail) {
    return 0;
  }

  @Override
  public long detach(RecordConsumer tail) {
    return 0;
  }

  @Override
  public long settle() {
    return 0;
  }
}
