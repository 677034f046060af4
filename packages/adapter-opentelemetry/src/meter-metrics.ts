import { defaultBuckets, GaugeLevels, knownMetrics, type Metrics } from '@depwatch/core';
import type { Meter } from '@opentelemetry/api';

/** Metrics whose instruments are a meter's, each made when something is told of it for the first time. */
export function createMeterMetrics(meter: Meter): Metrics {
  const counter = once((name) => meter.createCounter(name, describe(name)));
  const histogram = once((name) => {
    const { buckets = defaultBuckets } = knownMetrics[name] ?? {};
    const advice = { explicitBucketBoundaries: [...buckets] };
    return meter.createHistogram(name, { ...describe(name), advice });
  });
  const gauge = once((name) => {
    const levels = new GaugeLevels(knownMetrics[name]?.aggregator);
    meter.createObservableGauge(name, describe(name)).addCallback((result) => {
      // What is observed no more keeps its last value in the SDK; of what has stopped there is none left.
      for (const { value = 0, labels } of levels.read()) result.observe(value, labels);
    });
    return levels;
  });
  return {
    count: (name, labels, by = 1) => counter(name).add(by, labels),
    gauge: (name, value, labels, signal) => gauge(name).tell(value, labels, signal),
    observe: (name, value, labels) => histogram(name).record(value, labels),
  };
}

/** What is known of a metric by its name. */
function describe(name: string): { description?: string; unit?: string } {
  const { help } = knownMetrics[name] ?? {};
  return { ...(help && { description: help }), ...(name.endsWith('_seconds') && { unit: 's' }) };
}

/** Makes what a name stands for once. */
function once<Made>(make: (name: string) => Made): (name: string) => Made {
  const made = new Map<string, Made>();
  return (name) => {
    const known = made.get(name) ?? make(name);
    made.set(name, known);
    return known;
  };
}
