// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"sort"
	"strings"
	"time"
)

type nodeKind int

const (
	nodeNone nodeKind = iota
	nodeText
	nodeBinary
	nodeMoved
)

// The versions that the service lists at its root; all of them give the same
// tree here.
var versions = []string{"1.0", "2007-01-19", "2009-04-04", "2011-01-01", "2014-11-05",
	"2016-09-02", "2018-09-24", "2020-10-27", "2021-01-03", "2022-09-24", "latest"}

// lookup gives the text at an absolute path of the service.
func (w *world) lookup(path string) (string, nodeKind) {
	if path == "/" || path == "" {
		return strings.Join(versions, "\n"), nodeText
	}
	version, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	known := false
	for _, v := range versions {
		known = known || v == version
	}
	if !known {
		return "", nodeNone
	}
	leaves := w.leaves()
	if text, ok := leaves[rest]; ok {
		if rest == "user-data" {
			return text, nodeBinary
		}
		return text, nodeText
	}
	return listing(leaves, rest, strings.HasSuffix(path, "/"))
}

// listing gives the names below a directory, "dir/" for directories, except at
// the top where the service writes bare names.
func listing(leaves map[string]string, dir string, slash bool) (string, nodeKind) {
	prefix := strings.TrimSuffix(dir, "/")
	if prefix != "" {
		prefix += "/"
	}
	names := map[string]bool{}
	for leaf := range leaves {
		below, ok := strings.CutPrefix(leaf, prefix)
		if !ok {
			continue
		}
		name, _, isDir := strings.Cut(below, "/")
		if isDir && prefix != "" {
			name += "/"
		}
		names[name] = true
	}
	if len(names) == 0 {
		return "", nodeNone
	}
	if !slash {
		return "", nodeMoved
	}
	list := make([]string, 0, len(names))
	for name := range names {
		list = append(list, name)
	}
	sort.Strings(list)
	return strings.Join(list, "\n"), nodeText
}

// leaves is everything that the instance says about itself, below the version.
func (w *world) leaves() map[string]string {
	id := &w.identity
	host := "ip-" + strings.ReplaceAll(id.privateIP, ".", "-") + "." + id.Region + ".compute.internal"
	zone := id.Region + "a"
	nic := "meta-data/network/interfaces/macs/" + id.mac + "/"
	m := map[string]string{
		"meta-data/ami-id":                             id.image,
		"meta-data/ami-launch-index":                   "0",
		"meta-data/ami-manifest-path":                  "(unknown)",
		"meta-data/block-device-mapping/ami":           "/dev/xvda",
		"meta-data/block-device-mapping/root":          "/dev/xvda",
		"meta-data/hostname":                           host,
		"meta-data/instance-action":                    "none",
		"meta-data/instance-id":                        id.instance,
		"meta-data/instance-life-cycle":                "on-demand",
		"meta-data/instance-type":                      "t3.medium",
		"meta-data/local-hostname":                     host,
		"meta-data/local-ipv4":                         id.privateIP,
		"meta-data/mac":                                id.mac,
		"meta-data/placement/availability-zone":        zone,
		"meta-data/placement/availability-zone-id":     zoneID(id.Region),
		"meta-data/placement/region":                   id.Region,
		"meta-data/profile":                            "default-hvm",
		"meta-data/reservation-id":                     "r-0" + id.instance[3:],
		"meta-data/security-groups":                    "default",
		"meta-data/services/domain":                    "amazonaws.com",
		"meta-data/services/partition":                 "aws",
		"meta-data/system":                             "nitro",
		"dynamic/instance-identity/document":           w.identityDocument(zone),
		"user-data":                                    "#!/bin/sh\necho ECS_CLUSTER=" + id.cluster + " >> /etc/ecs/ecs.config\n",
		nic + "device-number":                          "0",
		nic + "local-ipv4s":                            id.privateIP,
		nic + "mac":                                    id.mac,
		nic + "owner-id":                               id.account,
		"meta-data/metrics/vhostmd":                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
		"meta-data/events/maintenance/history":         "[]",
		"meta-data/events/maintenance/scheduled":       "[]",
		"meta-data/identity-credentials/ec2/info":      w.identityInfo(),
		"meta-data/autoscaling/target-lifecycle-state": "InService",
	}
	if id.Role != "" {
		m["meta-data/iam/info"] = w.instanceProfile()
		m["meta-data/iam/security-credentials/"+id.Role] = w.instanceCredentials()
	}
	return m
}

// zoneID shortens a region as the zone ids do: eu-central-1 gives euc1-az1.
func zoneID(region string) string {
	parts := strings.Split(region, "-")
	if len(parts) != 3 {
		return "use1-az1"
	}
	return parts[0] + parts[1][:1] + parts[2] + "-az1"
}

// pretty writes JSON in the service's own style, with blanks before colons.
func pretty(members [][2]string) string {
	var b strings.Builder
	b.WriteString("{\n")
	for i, m := range members {
		value, _ := json.Marshal(m[1])
		if m[1] == "null" {
			value = []byte("null")
		}
		b.WriteString("  \"" + m[0] + "\" : " + string(value))
		if i+1 < len(members) {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("}")
	return b.String()
}

func (w *world) identityDocument(zone string) string {
	id := &w.identity
	return pretty([][2]string{
		{"accountId", id.account}, {"architecture", "x86_64"}, {"availabilityZone", zone},
		{"billingProducts", "null"}, {"devpayProductCodes", "null"}, {"marketplaceProductCodes", "null"},
		{"imageId", id.image}, {"instanceId", id.instance}, {"instanceType", "t3.medium"},
		{"kernelId", "null"}, {"pendingTime", id.started.Format(time.RFC3339)}, {"privateIp", id.privateIP},
		{"ramdiskId", "null"}, {"region", id.Region}, {"version", "2017-09-30"},
	})
}

func (w *world) identityInfo() string {
	return pretty([][2]string{{"Code", "Success"}, {"LastUpdated", w.instance.get().issued.Format(time.RFC3339)},
		{"AccountId", w.identity.account}})
}

func (w *world) instanceProfile() string {
	return pretty([][2]string{{"Code", "Success"}, {"LastUpdated", w.instance.get().issued.Format(time.RFC3339)},
		{"InstanceProfileArn", "arn:aws:iam::" + w.identity.account + ":instance-profile/" + w.identity.Role},
		{"InstanceProfileId", w.identity.profileID}})
}

func (w *world) instanceCredentials() string {
	c := w.instance.get()
	return pretty([][2]string{{"Code", "Success"}, {"LastUpdated", c.issued.Format(time.RFC3339)},
		{"Type", "AWS-HMAC"}, {"AccessKeyId", c.accessKeyID}, {"SecretAccessKey", c.secret},
		{"Token", c.token}, {"Expiration", c.expires.Format(time.RFC3339)}})
}
