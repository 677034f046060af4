package main

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/tools/record"
)

func subject(ctx context.Context, c *cluster) (*corev1.ConfigMap, error) {
	return c.clients.CoreV1().ConfigMaps(c.namespace).Create(
		ctx,
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "subject"}},
		metav1.CreateOptions{},
	)
}

// coreEvents: the older recorder counts what is said again in one event.
func coreEvents(ctx context.Context, c *cluster) error {
	object, err := subject(ctx, c)
	if err != nil {
		return err
	}
	broadcaster := record.NewBroadcaster()
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: c.clients.CoreV1().Events("")})
	recorder := broadcaster.NewRecorder(scheme, corev1.EventSource{Component: "go-clients"})
	for range 3 {
		recorder.Event(object, corev1.EventTypeNormal, "Tested", "it was tested")
	}
	return eventually(ctx, "one event, counted three times", func() error {
		list, err := c.clients.CoreV1().Events(c.namespace).List(ctx, metav1.ListOptions{
			FieldSelector: "involvedObject.name=subject,reason=Tested",
		})
		if err != nil {
			return err
		}
		return expect(
			len(list.Items) == 1 && list.Items[0].Count == 3,
			"there are %d: %+v", len(list.Items), list.Items,
		)
	})
}

// newEvents: the recorder of events.k8s.io makes a series of what is said again.
func newEvents(ctx context.Context, c *cluster) error {
	object, err := subject(ctx, c)
	if err != nil {
		return err
	}
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: c.clients.EventsV1()})
	defer broadcaster.Shutdown()
	if err := broadcaster.StartRecordingToSinkWithContext(ctx); err != nil {
		return err
	}
	recorder := broadcaster.NewRecorder(scheme, "example.com/go-clients")
	recorder.Eventf(object, nil, corev1.EventTypeWarning, "Tested", "Test", "tested: %d", 1)
	if err := eventually(ctx, "an event of events.k8s.io", func() error {
		list, err := c.clients.EventsV1().Events(c.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		return expect(len(list.Items) == 1, "there are %d", len(list.Items))
	}); err != nil {
		return err
	}
	recorder.Eventf(object, nil, corev1.EventTypeWarning, "Tested", "Test", "tested: %d", 1)
	return eventually(ctx, "the event has become a series, as both groups show it", func() error {
		list, err := c.clients.EventsV1().Events(c.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		older, err := c.clients.CoreV1().Events(c.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		if len(list.Items) != 1 || len(older.Items) != 1 {
			return expect(false, "there are %d and %d", len(list.Items), len(older.Items))
		}
		series, same := list.Items[0].Series, older.Items[0]
		return expect(
			series != nil && series.Count >= 2 && same.InvolvedObject.Name == "subject" &&
				same.Message == "tested: 1" && same.ReportingController == "example.com/go-clients",
			"series %+v, in the core group %+v", series, same,
		)
	})
}
