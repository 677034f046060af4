//go:build ignore

// Prints what merge-rules.ts holds, read from the OpenAPI definitions of Kubernetes:
//
//	cd tools/kube-apiserver && go run ../../packages/testing/src/api-server/apply/print-merge-rules.go
package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/generated/openapi"
)

// The groups whose kinds a controller's test may meet, in their newest versions.
var groups = `(?:` + strings.Join([]string{
	"core", "apps", "batch", "rbac", "networking", "policy", "discovery", "coordination", "events", "storage", "scheduling", "meta",
	"apiextensions", "admissionregistration", "apiregistration", "certificates", "node",
}, "|") + `)\.v1|autoscaling\.v2`
var covered = regexp.MustCompile(`\.(` + groups + `)\.(\w+)$`)

var definitions map[string]common.OpenAPIDefinition

func main() {
	definitions = openapi.GetOpenAPIDefinitions(func(path string) spec.Ref { return spec.MustCreateRef(path) })
	fmt.Println("export const mergeRules: Readonly<Record<string, 'atomic' | FieldRules>> = {")
	printSorted(definitions, func(path string) string {
		name := covered.FindStringSubmatch(path)
		if name == nil {
			return ""
		}
		schema := definitions[path].Schema
		if schema.Extensions["x-kubernetes-map-type"] == "atomic" {
			return fmt.Sprintf("  %s: 'atomic',\n", name[2])
		}
		var fields strings.Builder
		for _, field := range sortedKeys(schema.Properties) {
			if rule := ruleOf(schema.Properties[field]); rule != "" {
				fmt.Fprintf(&fields, "'%s': %s, ", field, rule)
			}
		}
		if fields.Len() == 0 {
			return ""
		}
		return fmt.Sprintf("  %s: { %s},\n", name[2], fields.String())
	})
	fmt.Println("};")
}

func ruleOf(schema spec.Schema) string {
	if schema.Extensions["x-kubernetes-map-type"] != nil {
		return fmt.Sprintf("'%s'", schema.Extensions["x-kubernetes-map-type"])
	}
	var keys []string
	switch schema.Extensions["x-kubernetes-list-type"] {
	case "set":
		return "'set'"
	case "map":
		for _, key := range schema.Extensions["x-kubernetes-list-map-keys"].([]any) {
			keys = append(keys, key.(string))
		}
	case nil:
		strategy, _ := schema.Extensions["x-kubernetes-patch-strategy"].(string)
		if !schema.Type.Contains("array") || !strings.Contains(strategy, "merge") {
			return ""
		}
		if schema.Extensions["x-kubernetes-patch-merge-key"] == nil {
			return "'set'"
		}
		keys = []string{schema.Extensions["x-kubernetes-patch-merge-key"].(string)}
	default:
		return ""
	}
	element := definitions[schema.Items.Schema.Ref.String()].Schema
	if ref := schema.Items.Schema.AllOf; len(ref) > 0 {
		element = definitions[ref[0].Ref.String()].Schema
	}
	var rule []string
	for _, key := range keys {
		value, _ := json.Marshal(element.Properties[key].Default)
		rule = append(rule, fmt.Sprintf("%s: %s", key, value))
	}
	return "{ " + strings.Join(rule, ", ") + " }"
}

func printSorted[V any](of map[string]V, line func(key string) string) {
	var lines []string
	for key := range of {
		if text := line(key); text != "" {
			lines = append(lines, text)
		}
	}
	slices.Sort(lines)
	fmt.Print(strings.Join(slices.Compact(lines), ""))
}

func sortedKeys[V any](of map[string]V) []string {
	var keys []string
	for key := range of {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
