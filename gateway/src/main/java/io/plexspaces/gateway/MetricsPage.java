package io.plexspaces.gateway;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Snapshots as Prometheus text, all of them or one tenant's. */
final class MetricsPage {
  static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

  private MetricsPage() {}

  static byte[] write(MetricSnapshots all, @Nullable String tenant) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(16 << 10);
    try {
      PrometheusTextFormatWriter.create()
          .write(
              out,
              tenant == null
                  ? all
                  : new MetricSnapshots(
                      all.stream().map(s -> only(s, tenant)).filter(Objects::nonNull).toList()),
              EscapingScheme.DEFAULT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** Null where nothing is left. A kind that no meter of ours has is left out: deny by default. */
  private static @Nullable MetricSnapshot only(MetricSnapshot s, String tenant) {
    MetricSnapshot kept =
        switch (s) {
          case CounterSnapshot c ->
              new CounterSnapshot(c.getMetadata(), points(c.getDataPoints(), tenant));
          case GaugeSnapshot g ->
              new GaugeSnapshot(g.getMetadata(), points(g.getDataPoints(), tenant));
          case HistogramSnapshot h ->
              new HistogramSnapshot(h.getMetadata(), points(h.getDataPoints(), tenant));
          case SummarySnapshot y ->
              new SummarySnapshot(y.getMetadata(), points(y.getDataPoints(), tenant));
          default -> null;
        };
    return kept == null || kept.getDataPoints().isEmpty() ? null : kept;
  }

  private static <P extends DataPointSnapshot> List<P> points(List<P> all, String tenant) {
    return all.stream().filter(p -> tenant.equals(p.getLabels().get("tenant"))).toList();
  }
}
