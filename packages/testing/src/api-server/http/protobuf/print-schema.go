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

	admission "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	scale "k8s.io/api/autoscaling/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	certificates "k8s.io/api/certificates/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	events "k8s.io/api/events/v1"
	networking "k8s.io/api/networking/v1"
	node "k8s.io/api/node/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	scheduling "k8s.io/api/scheduling/v1"
	storage "k8s.io/api/storage/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

var messages = map[string]string{}
var owners = map[string]reflect.Type{}

// The first type of a name has it for itself; those of other packages carry their group before it.
func messageName(t reflect.Type) string {
	owner, taken := owners[t.Name()]
	if !taken {
		owners[t.Name()] = t
	} else if owner != t {
		path := strings.Split(t.PkgPath(), "/")
		return path[len(path)-2] + "." + t.Name()
	}
	return t.Name()
}

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
		return messageName(t)
	case reflect.Float64:
		return "double"
	default:
		return t.Kind().String()
	}
}

func add(t reflect.Type) {
	key := messageName(t)
	if _, done := messages[key]; done {
		return
	}
	messages[key] = ""
	var fields []string
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		if field.Anonymous && field.Type.Name() == "TypeMeta" {
			fields = append(fields, "0 kind string", "0 apiVersion string")
		}
		tag := strings.Split(field.Tag.Get("protobuf"), ",")
		if len(tag) < 2 {
			continue
		}
		json, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		embedded := json == "" && field.Anonymous
		if embedded {
			json = "..."
		} else if json == "" || json == "-" {
			json = strings.ToLower(field.Name[:1]) + field.Name[1:]
		}
		mark := ""
		// A pointer that is set to a zero value is not the same as one that is not set.
		if field.Type.Kind() == reflect.Pointer {
			mark = "*"
		}
		// Go writes a struct whatever is in it, unless it is told of omitzero.
		omitted := strings.Contains(options, "omitzero") ||
			strings.Contains(options, "omitempty") && field.Type.Kind() != reflect.Struct
		if !omitted && !embedded {
			mark += "!"
		}
		fields = append(fields, tag[1]+" "+json+" "+mark+name(field.Type))
	}
	messages[key] = strings.Join(fields, ", ")
}

func main() {
	for _, kind := range []any{
		core.ConfigMap{}, core.Secret{}, core.Pod{}, core.Namespace{}, core.Service{}, core.ServiceAccount{}, core.Node{},
		core.Event{}, core.Endpoints{}, core.LimitRange{}, core.ResourceQuota{}, core.PersistentVolume{},
		core.PersistentVolumeClaim{}, core.PodTemplate{}, core.ReplicationController{}, core.Binding{},
		apps.Deployment{}, apps.StatefulSet{}, apps.DaemonSet{}, apps.ReplicaSet{}, apps.ControllerRevision{},
		rbac.Role{}, rbac.RoleBinding{}, rbac.ClusterRole{}, rbac.ClusterRoleBinding{},
		apiextensions.CustomResourceDefinition{}, apiregistration.APIService{}, coordination.Lease{},
		batch.Job{}, batch.CronJob{}, policy.PodDisruptionBudget{}, policy.Eviction{},
		networking.Ingress{}, networking.IngressClass{}, networking.NetworkPolicy{},
		autoscaling.HorizontalPodAutoscaler{}, scale.Scale{}, discovery.EndpointSlice{}, events.Event{},
		storage.StorageClass{}, storage.CSIDriver{}, storage.CSINode{}, storage.VolumeAttachment{},
		scheduling.PriorityClass{}, node.RuntimeClass{}, certificates.CertificateSigningRequest{},
		admission.ValidatingWebhookConfiguration{}, admission.MutatingWebhookConfiguration{},
		authentication.TokenRequest{}, authentication.TokenReview{}, authentication.SelfSubjectReview{},
		authorization.SubjectAccessReview{}, authorization.SelfSubjectAccessReview{},
		authorization.LocalSubjectAccessReview{}, authorization.SelfSubjectRulesReview{},
		meta.DeleteOptions{},
	} {
		add(reflect.TypeOf(kind))
	}
	var names []string
	for message := range messages {
		names = append(names, message)
	}
	sort.Strings(names)
	for _, message := range names {
		fmt.Printf("%s: %s\n", message, messages[message])
	}
}
