package main

import (
	"context"
	"fmt"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

type schema = apiextensionsv1.JSONSchemaProps

func definitionOf(group string) *apiextensionsv1.CustomResourceDefinition {
	return &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "widgets." + group},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Group: group,
			Scope: apiextensionsv1.NamespaceScoped,
			Names: apiextensionsv1.CustomResourceDefinitionNames{
				Plural: "widgets", Singular: "widget", Kind: "Widget", ListKind: "WidgetList",
			},
			Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
				Name: "v1", Served: true, Storage: true,
				Subresources: &apiextensionsv1.CustomResourceSubresources{
					Status: &apiextensionsv1.CustomResourceSubresourceStatus{},
				},
				Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &schema{
					Type: "object",
					Properties: map[string]schema{
						"spec": {
							Type:     "object",
							Required: []string{"size"},
							Properties: map[string]schema{
								"size": {Type: "integer", Minimum: ptr.To(1.0), Maximum: ptr.To(9.0)},
								"mode": {
									Type:    "string",
									Enum:    []apiextensionsv1.JSON{{Raw: []byte(`"On"`)}, {Raw: []byte(`"Off"`)}},
									Default: &apiextensionsv1.JSON{Raw: []byte(`"On"`)},
								},
								"name": {Type: "string", XValidations: apiextensionsv1.ValidationRules{
									{Rule: "self == oldSelf", Message: "the name is fixed"},
								}},
							},
						},
						"status": {Type: "object", Properties: map[string]schema{"ready": {Type: "boolean"}}},
					},
				}},
			}},
		},
	}
}

// definitions: a kind comes, and its schema is the law: defaults, pruning, refusals, a status of its own.
func definitions(ctx context.Context, c *cluster) error {
	group := c.namespace + ".example.com"
	definition := definitionOf(group)
	if err := c.client.Create(ctx, definition); err != nil {
		return err
	}
	defer func() { _ = c.client.Delete(context.WithoutCancel(ctx), definition) }()
	if err := eventually(ctx, "the definition is established", func() error {
		if err := c.client.Get(ctx, client.ObjectKeyFromObject(definition), definition); err != nil {
			return err
		}
		for _, condition := range definition.Status.Conditions {
			if condition.Type == apiextensionsv1.Established && condition.Status == apiextensionsv1.ConditionTrue {
				return nil
			}
		}
		return fmt.Errorf("conditions %+v", definition.Status.Conditions)
	}); err != nil {
		return err
	}
	widget := func(name string, spec map[string]any) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": group + "/v1",
			"kind":       "Widget",
			"metadata":   map[string]any{"namespace": c.namespace, "name": name},
			"spec":       spec,
		}}
	}
	good := widget("good", map[string]any{"size": int64(3), "name": "n", "unknown": "x"})
	if err := eventually(ctx, "a widget", func() error { return c.client.Create(ctx, good) }); err != nil {
		return err
	}
	spec := good.Object["spec"].(map[string]any)
	if err := expect(spec["mode"] == "On" && spec["unknown"] == nil, "spec %v", spec); err != nil {
		return err
	}
	for field, refused := range map[string]map[string]any{
		"spec.size": {"size": "big"},
		"spec.mode": {"size": int64(1), "mode": "Maybe"},
	} {
		err := c.client.Create(ctx, widget("bad", refused))
		if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), field) {
			return fmt.Errorf("%v is not refused for its %s: %v", refused, field, err)
		}
	}
	changed := good.DeepCopy()
	changed.Object["spec"].(map[string]any)["name"] = "other"
	if err := c.client.Update(ctx, changed); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "the name is fixed") {
		return fmt.Errorf("a rule in CEL does not hold: %v", err)
	}
	good.Object["status"] = map[string]any{"ready": true}
	good.Object["spec"].(map[string]any)["size"] = int64(5)
	if err := c.client.Status().Update(ctx, good); err != nil {
		return err
	}
	size, _, _ := unstructured.NestedInt64(good.Object, "spec", "size")
	ready, _, _ := unstructured.NestedBool(good.Object, "status", "ready")
	return expect(
		size == 3 && ready && good.GetGeneration() == 1,
		"after an update of the status size %d, ready %t, generation %d", size, ready, good.GetGeneration(),
	)
}
