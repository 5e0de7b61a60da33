package plextest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"plexspaces.io/sdk-go/internal/wire"
)

var macros = map[string]string{
	"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
	"@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}

type cronField struct {
	label    string
	min, max int
	names    []string
	day      bool
}

var cronFields = []cronField{
	{"second", 0, 59, nil, false},
	{"minute", 0, 59, nil, false},
	{"hour", 0, 23, nil, false},
	{"day of month", 1, 31, nil, true},
	{"month", 1, 12, strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec"), false},
	{"day of week", 0, 7, strings.Fields("sun mon tue wed thu fri sat"), true},
}

// maxYears bound the search: the 29th of February is away at most 8 years.
const maxYears = 12

// cron is an expression as nodes read it: five fields, or six with the second before them.
type cron struct {
	text    string
	sets    [6]uint64
	lastDay bool
}

func parseCron(s string) (*cron, error) {
	c := &cron{text: strings.Join(strings.Fields(s), " ")}
	parts := strings.Fields(c.text)
	if m, ok := macros[strings.ToLower(c.text)]; ok {
		parts = strings.Fields(m)
	}
	switch len(parts) {
	case 5:
		parts = append([]string{"0"}, parts...)
	case 6:
	default:
		return nil, c.bad("it has %d fields instead of five (minute, hour, day of month, month, day of week) or six (second before them)", len(parts))
	}
	for i, part := range parts {
		for _, item := range strings.Split(part, ",") {
			bits, err := c.item(cronFields[i], item)
			if err != nil {
				return nil, err
			}
			c.sets[i] |= bits
		}
	}
	c.sets[5] = (c.sets[5] | c.sets[5]>>7) & 0x7f
	c.lastDay = slices.Contains(strings.Split(strings.ToUpper(parts[3]), ","), "L")
	if _, ok := c.nextLocal(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)); !ok {
		return nil, c.bad("it names a day that never comes")
	}
	return c, nil
}

func (c *cron) bad(why string, args ...any) error {
	return refuse(wire.InvalidArgument, "cron expression %q is not valid: %s", c.text, fmt.Sprintf(why, args...))
}

func (c *cron) item(f cronField, item string) (uint64, error) {
	bad := func(why string, args ...any) error {
		return c.bad("%q as its %s: %s", item, f.label, fmt.Sprintf(why, args...))
	}
	number := func(s string) (int, error) {
		n, err := strconv.ParseUint(s, 10, 10)
		if err != nil {
			return 0, bad("a field is *, numbers, ranges, steps such as */5, and lists of them")
		}
		return int(n), nil
	}
	value := func(s string) (int, error) {
		if i := slices.Index(f.names, strings.ToLower(s)); i >= 0 {
			return i + f.min, nil
		}
		n, err := number(s)
		if err == nil && (n < f.min || n > f.max) {
			err = bad("it must be from %d to %d", f.min, f.max)
		}
		return n, err
	}
	if f.label == "day of month" && strings.EqualFold(item, "L") {
		return 0, nil
	}
	span, every, stepped := strings.Cut(item, "/")
	step, from, to := 1, f.min, f.max
	var err error
	if stepped {
		if step, err = number(every); err != nil {
			return 0, err
		}
		if step < 1 || step > f.max {
			return 0, bad("its step must be from 1 to %d", f.max)
		}
	}
	if span != "*" && !(span == "?" && f.day) {
		first, last, ranged := strings.Cut(span, "-")
		if from, err = value(first); err != nil {
			return 0, err
		}
		switch {
		case ranged:
			if to, err = value(last); err != nil {
				return 0, err
			}
		case !stepped:
			to = from
		}
	}
	if from > to {
		return 0, bad("its range runs backwards")
	}
	var bits uint64
	for n := from; n <= to; n += step {
		bits |= 1 << n
	}
	return bits, nil
}

func has(bits uint64, n int) bool { return bits>>n&1 == 1 }

func next(bits uint64, n int) (int, bool) {
	for ; n < 64; n++ {
		if has(bits, n) {
			return n, true
		}
	}
	return 0, false
}

func (c *cron) isDay(t time.Time) bool {
	last := c.lastDay && t.AddDate(0, 0, 1).Day() == 1
	ofMonth := has(c.sets[3], t.Day()) || last
	ofWeek := has(c.sets[5], int(t.Weekday()))
	if c.sets[3] != 1<<32-2 && c.sets[5] != 0x7f {
		return ofMonth || ofWeek
	}
	return ofMonth && ofWeek
}

// nextLocal is the first time from t on, by a clock that never changes (one in UTC).
func (c *cron) nextLocal(t time.Time) (time.Time, bool) {
	for limit := t.Year() + maxYears; t.Year() <= limit; {
		y, m, d := t.Date()
		at := func(month, day, hour, minute int) time.Time {
			return time.Date(y, time.Month(month), day, hour, minute, 0, 0, time.UTC)
		}
		hour, inDay := next(c.sets[2], t.Hour())
		minute, inHour := next(c.sets[1], t.Minute())
		second, inMinute := next(c.sets[0], t.Second())
		switch {
		case !has(c.sets[4], int(m)):
			t = at(int(m)+1, 1, 0, 0)
		case !c.isDay(t) || !inDay:
			t = at(int(m), d+1, 0, 0)
		case hour > t.Hour():
			t = at(int(m), d, hour, 0)
		case !inHour:
			t = at(int(m), d, hour+1, 0)
		case minute > t.Minute():
			t = at(int(m), d, hour, minute)
		case !inMinute:
			t = at(int(m), d, hour, minute+1)
		default:
			return t.Add(time.Duration(second-t.Second()) * time.Second), true
		}
	}
	return t, false
}

// next is the first time after one, both in milliseconds, by the clocks of a zone.
func (c *cron) next(afterMS int64, zone *time.Location) int64 {
	second := (afterMS-afterMS%1000)/1000 + 1
	everyHour := c.sets[2] == 1<<24-1
	offset := func(second int64) int64 {
		_, o := time.Unix(second, 0).In(zone).Zone()
		return int64(o)
	}
	for {
		here := offset(second)
		local := second + here
		began, end := time.Unix(second, 0).In(zone).ZoneBounds()
		if !everyHour && !began.IsZero() {
			// In an hour that comes twice, what it has had at its first pass is over.
			local = max(local, min(began.Unix()+offset(began.Unix()-1), began.Unix()+here+86400))
		}
		match, ok := c.nextLocal(time.Unix(local, 0).UTC())
		if !ok {
			panic("no further time of " + c.text)
		}
		if end.IsZero() || match.Unix()-here < end.Unix() {
			return (match.Unix() - here) * 1000
		}
		if !everyHour && match.Unix() < end.Unix()+offset(end.Unix()) {
			return end.Unix() * 1000 // the clock leaves it out: as soon as it goes on
		}
		second = end.Unix()
	}
}

func cronZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" || name == "" {
		return nil, refuse(wire.InvalidArgument, "%q is no time zone; one is named like Europe/Berlin or UTC", name)
	}
	return zone, nil
}
