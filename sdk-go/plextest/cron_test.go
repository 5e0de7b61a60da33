package plextest

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// TestCron holds that expressions mean here what they mean on a node.
func TestCron(t *testing.T) {
	text, err := os.ReadFile(api + "test/resources/io/plexspaces/api/op/cron.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases struct {
		Times []struct {
			Expr, Tz, After string
			Next            []string
		}
		Refused []struct{ Expr, Naming string }
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases.Times {
		if c.Tz == "" {
			c.Tz = "UTC"
		}
		t.Run(c.Expr+" after "+c.After, func(t *testing.T) {
			cron, err := parseCron(c.Expr)
			if err != nil {
				t.Fatal(err)
			}
			zone, err := cronZone(c.Tz)
			if err != nil {
				t.Fatal(err)
			}
			after, err := time.Parse(time.RFC3339, c.After)
			if err != nil {
				t.Fatal(err)
			}
			at := after.UnixMilli()
			for _, want := range c.Next {
				at = cron.next(at, zone)
				if got := time.UnixMilli(at).UTC().Format(time.RFC3339); got != want {
					t.Fatalf("got %s, want %s", got, want)
				}
			}
		})
	}
	for _, c := range cases.Refused {
		if _, err := parseCron(c.Expr); err == nil || !strings.Contains(err.Error(), c.Naming) {
			t.Errorf("%q: %v, want an error that names %q", c.Expr, err, c.Naming)
		}
	}
	if _, err := cronZone("Mars/Base"); err == nil || !strings.Contains(err.Error(), "Mars/Base") {
		t.Errorf("a zone that is not there: %v", err)
	}
}
