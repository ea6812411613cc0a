// Reads dashboards as strictly as Grafana's schema has it: no key that it does not know, none missing, all of their types.
package main

import (
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	plugins.RegisterDefaultPlugins()
	code := 0
	for _, path := range os.Args[1:] {
		if wrong := wrongIn(path); wrong != "" {
			fmt.Printf("%s: %s\n", path, wrong)
			code = 1
		}
	}
	os.Exit(code)
}

func wrongIn(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	var read dashboard.Dashboard
	if err := read.UnmarshalJSONStrict(text); err != nil && err.Error() != "" {
		return err.Error()
	}
	if err := read.Validate(); err != nil {
		return err.Error()
	}
	return ""
}
