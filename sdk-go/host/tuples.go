package host

// Tuples are the app's tuple space in short form. Where a function answers no error, a failing host
// (a malformed pattern, a deadline) panics with the HostError, which fails the turn.
type Tuples struct{}

// TS is the app's tuple space. TsRead and the like say more.
func TS() Tuples { return Tuples{} }

// Write writes a tuple when the turn commits.
func (Tuples) Write(tuple []any) error {
	_, err := TsWrite(tuple)
	return err
}

// Read answers a tuple that matches, and whether there is one. It does not wait.
func (Tuples) Read(pattern []any) ([]any, bool) {
	t := must(TsRead(pattern))
	return t, t != nil
}

// Take is Read that takes the tuple away: each goes to exactly one taker.
func (Tuples) Take(pattern []any) ([]any, bool) {
	t := must(TsTake(pattern))
	return t, t != nil
}

// ReadAll answers all tuples that match.
func (Tuples) ReadAll(pattern []any) [][]any { return must(TsReadAll(pattern)) }

// Groups are process groups in short form.
type Groups struct{}

// PG is the app's process groups.
func PG() Groups { return Groups{} }

// Join makes this actor a member, as long as it lives.
func (Groups) Join(group string) error { return PgJoin(group) }

// Leave ends the membership.
func (Groups) Leave(group string) error { return PgLeave(group) }

// Broadcast sends to all members.
func (Groups) Broadcast(group, op string, payload map[string]any) error {
	_, err := PgBroadcast(group, op, empty(payload))
	return err
}

// Members are the addresses of a group's members.
func (Groups) Members(group string) ([]string, error) { return PgMembers(group) }

// ApplicationMetricsAdd adds to the app's own metrics: message_count, counter_metrics,
// gauge_metrics, latency_totals_ms.
func ApplicationMetricsAdd(id string, m map[string]any) error {
	options := make([]Option, 0, len(m))
	for k, v := range m {
		options = append(options, With(k, v))
	}
	return do("application_metrics_add", arguments{"id": id}, noBody,
		may{"message_count", "counter_metrics", "gauge_metrics", "latency_totals_ms"}, options)
}
