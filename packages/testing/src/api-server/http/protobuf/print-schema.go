//go:build ignore

// Prints the messages of the built-in kinds for schema.ts, read from the Go types' own tags:
//
//	cd tools/kube-apiserver && go run ../../packages/testing/src/api-server/http/protobuf/print-schema.go
package main

import (
	"fmt"
	"reflect"
	"sort"
	"strings"

	apps "k8s.io/api/apps/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	rbac "k8s.io/api/rbac/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var messages = map[string]string{}

func name(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return name(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + name(t.Elem())
	case reflect.Map:
		return "{}" + name(t.Elem())
	case reflect.Struct:
		add(t)
		return t.Name()
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Float64:
		return "double"
	default:
		return "int"
	}
}

func add(t reflect.Type) {
	if _, done := messages[t.Name()]; done {
		return
	}
	messages[t.Name()] = ""
	var fields []string
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		tag := strings.Split(field.Tag.Get("protobuf"), ",")
		if len(tag) < 2 {
			continue
		}
		json, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if json == "" && field.Anonymous {
			json = "..."
		} else if json == "" || json == "-" {
			json = strings.ToLower(field.Name[:1]) + field.Name[1:]
		}
		// A pointer that is set to a zero value is not the same as one that is not set.
		pointer := ""
		if field.Type.Kind() == reflect.Pointer {
			pointer = "*"
		}
		fields = append(fields, tag[1]+" "+json+" "+pointer+name(field.Type))
	}
	messages[t.Name()] = strings.Join(fields, ", ")
}

func main() {
	for _, kind := range []any{
		core.ConfigMap{}, core.Secret{}, core.Pod{}, core.Namespace{}, core.Service{}, core.ServiceAccount{}, core.Node{},
		apps.Deployment{}, apps.StatefulSet{}, apps.DaemonSet{}, apps.ReplicaSet{},
		rbac.Role{}, rbac.RoleBinding{}, rbac.ClusterRole{}, rbac.ClusterRoleBinding{},
		apiextensions.CustomResourceDefinition{}, coordination.Lease{}, meta.DeleteOptions{},
	} {
		add(reflect.TypeOf(kind))
	}
	var names []string
	for message := range messages {
		names = append(names, message)
	}
	sort.Strings(names)
	for _, message := range names {
		fmt.Printf("  [%q, %q],\n", message, messages[message])
	}
}
