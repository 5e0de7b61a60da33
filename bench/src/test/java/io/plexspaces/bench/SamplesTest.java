package io.plexspaces.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SamplesTest {
  @Test
  void aQuantileIsOneOfTheNumbers() {
    double[] hundred = new double[100];
    for (int i = 0; i < 100; i++) {
      hundred[99 - i] = i + 1;
    }
    Samples s = new Samples(hundred);
    assertThat(s.quantile(0.5)).isEqualTo(50);
    assertThat(s.quantile(0.99)).isEqualTo(99);
    assertThat(s.quantile(1)).isEqualTo(100);
    assertThat(new Samples(7).quantile(0.5)).isEqualTo(7);
    assertThat(new Samples(7).quantile(0)).isEqualTo(7);
  }

  @Test
  void aTrendComparesTheLaterHalfWithTheEarlierInTheOrderOfMeasuring() {
    assertThat(new Samples(10, 10, 99, 20, 20).trend()).isEqualTo(2);
    assertThat(new Samples(20, 20, 10, 10).trend()).isEqualTo(0.5);
    assertThat(new Samples(1, 2, 3).trend()).as("too few to say").isEqualTo(1);
  }

  @Test
  void nothingMeasuredIsAnError() {
    assertThatThrownBy(Samples::new).isInstanceOf(IllegalArgumentException.class);
  }
}
