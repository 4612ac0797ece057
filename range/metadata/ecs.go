// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"strings"
	"time"
)

// ecsHandler is the endpoint of the ECS agent for one task.
func (w *world) ecsHandler() http.Handler {
	return w.counters.counted(serviceECS, func(rw http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			http.NotFound(rw, r)
		case path == "/v2/credentials" || path == "/v2/credentials/":
			ecsError(rw, "NoIdInRequest", "CredentialsV2Request: No ID in the request")
		case strings.HasPrefix(path, "/v2/credentials/"):
			w.taskCredentials(rw, strings.TrimPrefix(path, "/v2/credentials/"))
		case path == "/v2/metadata" || path == "/v2/metadata/":
			writeJSON(rw, http.StatusOK, w.taskMetadata(2))
		case path == "/v2/stats" || path == "/v2/stats/":
			writeJSON(rw, http.StatusOK, w.taskStats())
		case strings.HasPrefix(path, "/v3/"):
			w.endpoint(rw, r, 3, strings.TrimPrefix(path, "/v3/"))
		case strings.HasPrefix(path, "/v4/"):
			w.endpoint(rw, r, 4, strings.TrimPrefix(path, "/v4/"))
		default:
			http.NotFound(rw, r)
		}
	})
}

// ecsError answers in the agent's form; all of its client errors are 400.
func ecsError(rw http.ResponseWriter, code, message string) {
	writeJSON(rw, http.StatusBadRequest, map[string]any{
		"code": code, "message": message, "HTTPErrorCode": http.StatusBadRequest,
	})
}

func (w *world) taskCredentials(rw http.ResponseWriter, id string) {
	if id != w.identity.CredentialsID {
		ecsError(rw, "InvalidIdInRequest", "CredentialsV2Request: Credentials not found")
		return
	}
	c := w.task.get()
	writeJSON(rw, http.StatusOK, map[string]string{
		"RoleArn":         "arn:aws:iam::" + w.identity.account + ":role/" + w.identity.TaskRole,
		"AccessKeyId":     c.accessKeyID,
		"SecretAccessKey": c.secret,
		"Token":           c.token,
		"Expiration":      c.expires.Format(time.RFC3339),
	})
}

// endpoint answers below /v3/ID and /v4/ID, which name the container.
func (w *world) endpoint(rw http.ResponseWriter, r *http.Request, version int, rest string) {
	id, what, _ := strings.Cut(rest, "/")
	if id != w.identity.EndpointID {
		writeJSON(rw, http.StatusNotFound, "V"+string(rune('0'+version))+" container metadata handler: unable to get container ID from request")
		return
	}
	switch strings.TrimSuffix(what, "/") {
	case "":
		writeJSON(rw, http.StatusOK, w.container(version))
	case "task", "taskWithTags":
		writeJSON(rw, http.StatusOK, w.taskMetadata(version))
	case "stats":
		writeJSON(rw, http.StatusOK, w.containerStats())
	case "task/stats":
		writeJSON(rw, http.StatusOK, w.taskStats())
	default:
		http.NotFound(rw, r)
	}
}

func (w *world) arn(kind, name string) string {
	return "arn:aws:ecs:" + w.identity.Region + ":" + w.identity.account + ":" + kind + "/" + name
}

func (w *world) container(version int) map[string]any {
	id := &w.identity
	network := map[string]any{"NetworkMode": "awsvpc", "IPv4Addresses": []string{id.privateIP}}
	c := map[string]any{
		"DockerId":   id.containerID,
		"Name":       id.containerName,
		"DockerName": "ecs-" + id.family + "-3-" + id.containerName + "-" + id.containerID[:20],
		"Image":      id.account + ".dkr.ecr." + id.Region + ".amazonaws.com/" + id.containerName + ":3",
		"ImageID":    "sha256:" + id.containerID,
		"Labels": map[string]string{
			"com.amazonaws.ecs.cluster":                 w.arn("cluster", id.cluster),
			"com.amazonaws.ecs.container-name":          id.containerName,
			"com.amazonaws.ecs.task-arn":                w.arn("task", id.cluster+"/"+id.taskID),
			"com.amazonaws.ecs.task-definition-family":  id.family,
			"com.amazonaws.ecs.task-definition-version": "3",
		},
		"DesiredStatus": "RUNNING",
		"KnownStatus":   "RUNNING",
		"Limits":        map[string]int{"CPU": 256, "Memory": 512},
		"CreatedAt":     id.started.Format(time.RFC3339Nano),
		"StartedAt":     id.started.Add(time.Second).Format(time.RFC3339Nano),
		"Type":          "NORMAL",
		"Networks":      []any{network},
	}
	if version == 4 {
		network["MACAddress"] = id.mac
		c["ContainerARN"] = w.arn("container", id.cluster+"/"+id.taskID+"/"+id.containerID[:36])
		c["LogDriver"] = "awslogs"
	}
	return c
}

func (w *world) taskMetadata(version int) map[string]any {
	id := &w.identity
	t := map[string]any{
		"Cluster":          id.cluster,
		"TaskARN":          w.arn("task", id.cluster+"/"+id.taskID),
		"Family":           id.family,
		"Revision":         "3",
		"DesiredStatus":    "RUNNING",
		"KnownStatus":      "RUNNING",
		"Containers":       []any{w.container(version)},
		"PullStartedAt":    id.started.Add(-3 * time.Second).Format(time.RFC3339Nano),
		"PullStoppedAt":    id.started.Format(time.RFC3339Nano),
		"AvailabilityZone": id.Region + "a",
	}
	if version == 4 {
		t["LaunchType"] = "EC2"
	}
	return t
}

func (w *world) containerStats() map[string]any {
	now := w.now().UTC()
	return map[string]any{
		"read":         now.Format(time.RFC3339Nano),
		"preread":      now.Add(-time.Second).Format(time.RFC3339Nano),
		"num_procs":    0,
		"pids_stats":   map[string]int{"current": 7},
		"memory_stats": map[string]int{"usage": 20 << 20, "limit": 512 << 20},
		"name":         "/" + w.identity.containerName,
		"id":           w.identity.containerID,
	}
}

func (w *world) taskStats() map[string]any {
	return map[string]any{w.identity.containerID: w.containerStats()}
}
